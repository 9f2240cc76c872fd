"""Charts of clusterers: how many clusters are enough, and how well each sample is in its own."""

from __future__ import annotations

import time
from typing import Any, List

import numpy as np

import wandb
from wandb.integration.sklearn.logged import are_there, is_kind, library, log_chart, numbers

_GAP = 10  # between the silhouettes of two clusters


def plot_elbow_curve(
    clusterer: Any = None, X: Any = None, cluster_ranges: Any = None, n_jobs: int = 1, show_cluster_time: bool = True
) -> None:
    """Log the errors of copies with more and more clusters, and how long they took, as `elbow_curve`."""
    if not are_there(clusterer=clusterer, X=X):
        return
    if not hasattr(clusterer, "n_clusters"):
        wandb.termlog("n_clusters attribute not in classifier. Cannot plot elbow method.")
        return
    if not hasattr(clusterer, "score"):
        wandb.termwarn("The clusterer has no score: there is no elbow to plot.")
        return
    rows = []
    for count in range(1, 10, 2) if cluster_ranges is None else sorted(cluster_ranges):
        copy = library("base").clone(clusterer).set_params(n_clusters=int(count))
        before = time.time()
        error = abs(float(copy.fit(X).score(X)))
        rows.append([int(count), error, time.time() - before])
    log_chart("elbow_curve", "elbow/v1", ["cluster_ranges", "errors", "clustering_time"], rows)


def plot_silhouette(
    clusterer: Any = None,
    X: Any = None,
    cluster_labels: Any = None,
    labels: Any = None,
    metric: str = "euclidean",
    kmeans: bool = True,
) -> None:
    """Log how close each sample is to its cluster, compared with the next one, as `silhouette_plot`.

    `cluster_labels` are the clusters of the samples (by default those that the clusterer has found), `labels` their
    names.
    """
    if not are_there(clusterer=clusterer, X=X) or not is_kind(clusterer, "clusterer"):
        return
    data = np.asarray(X)
    found = np.asarray(clusterer.labels_ if cluster_labels is None else cluster_labels)
    metrics = library("metrics")
    average = float(metrics.silhouette_score(data, found, metric=metric))
    values = metrics.silhouette_samples(data, found, metric=metric)
    columns = ["x", "y", "colors", "centerx", "centery", "y_sil", "x1", "x2", "color_sil", "silhouette_avg"]
    silhouettes = _silhouettes(values, found)
    rows = []
    for sample, cluster, silhouette in zip(data, numbers(found), silhouettes):
        center = _center(clusterer, data, found, cluster)
        rows.append([*numbers(sample[:2]), cluster, *center, *silhouette, average])
    log_chart("silhouette_plot", "silhouette_/v1", columns, rows)


def _silhouettes(values: Any, found: Any) -> List[List[Any]]:
    """(height, begin, end, cluster) of the bars: those of a cluster together, the shortest first."""
    bars, height = [], _GAP
    for cluster in np.unique(found):
        for value in np.sort(values[found == cluster]):
            bars.append([height, 0, float(value), cluster.item()])
            height += 1
        height += _GAP
    return bars


def _center(clusterer: Any, data: Any, found: Any, cluster: int) -> List[float]:
    centers = getattr(clusterer, "cluster_centers_", None)
    if centers is not None and 0 <= cluster < len(centers):
        return list(numbers(centers[cluster][:2]))
    return list(numbers(data[found == cluster].mean(axis=0)[:2]))
