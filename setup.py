"""Distribution of the tracker; the version is a PEP 440 local one: API level 0.31.0, patched fork 1."""

from pathlib import Path
from platform import python_implementation
from sysconfig import get_config_var

from setuptools import Extension, find_packages, setup

VERSION = "0.31.0+fork.1"
# Where it can't be compiled, everything works without it. An interpreter without a lock has nothing that it could keep.
HAS_LOCK = python_implementation() == "CPython" and not get_config_var("Py_GIL_DISABLED")
USUAL_WRITE = Extension(
    "wandb.sdk.lib._usual_write",
    ["wandb/sdk/lib/_usual_write.c"],
    depends=["wandb/sdk/lib/_usual_record.h"],
    optional=True,
)

setup(
    name="wandb",
    version=VERSION,
    description="An experiment tracker that never hurts the training: an independent, compatible rewrite",
    long_description=Path(__file__).with_name("README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="MIT",
    python_requires=">=3.8",
    packages=find_packages(include=["wandb", "wandb.*"]),
    package_data={"wandb": ["py.typed"], "wandb.wire": ["*.proto", "wandb_internal.desc"]},
    install_requires=["click>=7.1", "protobuf>=3.20", "psutil>=5.9", "PyYAML>=5.4", "requests>=2.25", "urllib3>=1.26"],
    extras_require={
        "media": ["numpy", "pillow", "pydantic-core"],
        "gpu": ["nvidia-ml-py"],
        "parquet": ["pyarrow>=10"],
        "tensorboard": ["tensorboardX>=2.6"],
        "sweeps": ["optuna"],
        "rich": ["rich>=12"],
        "test": [
            *("pytest>=7", "graphql-core>=3.2", "hypothesis", "ipdb", "numpy", "nvidia-ml-py", "pillow", "tqdm"),
            *("pydantic-core", "trustme"),
        ],
    },
    ext_modules=[USUAL_WRITE] if HAS_LOCK else [],
    entry_points={"console_scripts": ["wandb=wandb.cli.main:main", "wb=wandb.cli.main:main"]},
    classifiers=[
        "License :: OSI Approved :: MIT License",
        "Operating System :: POSIX",
        *(f"Programming Language :: Python :: 3.{minor}" for minor in range(8, 14)),
    ],
)
