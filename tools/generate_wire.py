"""Regenerate wandb/wire/wandb_internal.desc and schema.py from the two .proto files there (needs grpcio-tools).

The descriptor is plain data without generated code, so one file serves every protobuf major version. With
`--check` nothing is written and the exit status says whether the files are up to date.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

WIRE = Path(__file__).resolve().parent.parent / "wandb" / "wire"

# What the training process encodes by itself, without protobuf; everything else is for the library.
WRITTEN_BY_HAND = (
    "Record HistoryRecord HistoryItem HistoryStep SummaryRecord SummaryItem ConfigRecord ConfigItem FilesRecord "
    "FilesItem OutputRawRecord Timestamp AlertRecord MetricRecord MetricOptions MetricSummary MetricControl RunRecord "
    "SettingsRecord SettingsItem RunExitRecord RunPreemptingRecord HeaderRecord VersionInfo TelemetryRecord Labels "
    "EnvironmentRecord GitRepoRecord BranchPoint OutputLoggerRecord ArtifactRecord ArtifactManifest "
    "ArtifactManifestEntry ExtraItem StoragePolicyConfigItem UseArtifactRecord TBRecord"
).split()
KINDS = {1: "double", 3: "varint", 4: "varint", 5: "varint", 8: "varint", 9: "string", 11: "message", 13: "varint",
         14: "varint", 18: "zigzag"}  # fmt: skip


def descriptor() -> bytes:
    """The serialized FileDescriptorSet of the .proto files and what they import."""
    import grpc_tools
    from grpc_tools import protoc

    google = Path(grpc_tools.__file__).with_name("_proto")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "out.desc")
        if protoc.main(["protoc", f"-I{WIRE}", f"-I{google}", "--include_imports", f"--descriptor_set_out={out}",
                        "wandb_internal.proto", "tensorboard_events.proto"]):  # fmt: skip
            raise SystemExit("protoc failed")
        return out.read_bytes()


def schema(serialized: bytes) -> str:
    """The text of schema.py."""
    from google.protobuf.descriptor_pb2 import FileDescriptorSet

    lines = [
        '"""Field numbers of the messages that the training process encodes; made by tools/generate_wire.py, no logic.',
        "",
        "message -> field -> (number, kind, repeated, message type); the source is wandb_internal.proto.",
        '"""',
        "",
        "# fmt: off",
        "FIELDS = {",
    ]
    messages = {m.name: m for f in FileDescriptorSet.FromString(serialized).file for m in f.message_type}
    for name in WRITTEN_BY_HAND:
        lines.append(f'    "{name}": {{')
        for field in messages[name].field:
            kind = KINDS[field.type]
            target = field.type_name.rpartition(".")[2] if kind == "message" else ""
            if target and target not in WRITTEN_BY_HAND:
                continue
            lines.append(f'        "{field.name}": ({field.number}, "{kind}", {field.label == 3}, "{target}"),')
        lines.append("    },")
    return "\n".join([*lines, "}", ""])


def main() -> None:
    """Write both files, or with --check compare them."""
    serialized = descriptor()
    files = {"wandb_internal.desc": serialized, "schema.py": schema(serialized).encode()}
    if "--check" in sys.argv:
        stale = [name for name, content in files.items() if (WIRE / name).read_bytes() != content]
        raise SystemExit(f"out of date: {', '.join(stale)}" if stale else 0)
    for name, content in files.items():
        (WIRE / name).write_bytes(content)


if __name__ == "__main__":
    main()
