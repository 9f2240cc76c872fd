"""Older import path of artifacts, with its modules; see ARCHITECTURE.md, "Aliases"."""

from importlib import import_module

for _name in "artifact artifact_manifest artifact_manifest_entry artifact_state artifact_ttl exceptions".split():
    import_module(f"{__name__}.{_name}")
