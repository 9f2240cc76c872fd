"""`wandb.Molecule`: a molecule in 3D, from a file of one of the formats for them, or by way of RDKit."""

from __future__ import annotations

import os

from wandb.errors import ArgumentTypeError, ArgumentValueError
from wandb.media.content import Content, content_of, type_in_name
from wandb.media.values import BatchableMedia, checked_path, need

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Sequence, Union

    from wandb.media.values import Target


class Molecule(BatchableMedia):
    """A molecule in 3D."""

    SUPPORTED_TYPES = frozenset(("pdb", "pqr", "mmcif", "mcif", "cif", "sdf", "sd", "gro", "mol2", "mmtf"))
    SUPPORTED_RDKIT_TYPES = frozenset(("mol", "sdf"))
    _log_type = "molecule-file"
    _subdir = "media/molecule"
    _is_typed = False

    def __init__(self, data_or_path: Any, caption: str | None = None, **kwargs: str) -> None:
        """`data_or_path`: a path, or an open file together with `file_type`, one of SUPPORTED_TYPES."""
        super().__init__(caption)
        known = ", ".join(sorted(self.SUPPORTED_TYPES))
        if isinstance(data_or_path, (str, os.PathLike)):
            path = os.fspath(data_or_path)
            extension = os.path.splitext(path)[1]
            if extension[1:] not in self.SUPPORTED_TYPES:
                raise ArgumentValueError(f"Molecule only supports files of the type: {known}")
            self._set_content(Content(checked_path(path), extension))
        elif hasattr(data_or_path, "read"):
            file_type = kwargs.pop("file_type", None) or type_in_name(data_or_path)
            if file_type is None:
                raise ArgumentValueError("Must pass file_type keyword argument when using io objects.")
            if file_type not in self.SUPPORTED_TYPES:
                raise ArgumentValueError(f"Molecule 3D only supports files of the type: {known}")
            self._set_content(Content(content_of(data_or_path), f".{file_type}"))
        else:
            raise ArgumentValueError(f"Data must be file name or a file object, not {type(data_or_path).__name__}.")

    @classmethod
    def from_rdkit(
        cls,
        data_or_path: Any,
        caption: str | None = None,
        convert_to_3d_and_optimize: bool = True,
        mmff_optimize_molecule_max_iterations: int = 200,
    ) -> Molecule:
        """A molecule of RDKit, or a file of one of SUPPORTED_RDKIT_TYPES; by default laid out in 3D first.

        It becomes a PDB file. Raises UsageError for another type, or without RDKit.
        """
        chem = need("rdkit.Chem", "Molecule.from_rdkit", "rdkit")
        if isinstance(data_or_path, (str, os.PathLike)):
            path = checked_path(os.fspath(data_or_path))
            extension = os.path.splitext(path)[1][1:]
            if extension not in cls.SUPPORTED_RDKIT_TYPES:
                raise ArgumentValueError(
                    f"Molecule.from_rdkit reads {', '.join(sorted(cls.SUPPORTED_RDKIT_TYPES))} files."
                )
            molecule = next(iter(chem.SDMolSupplier(path))) if extension == "sdf" else chem.MolFromMolFile(path)
        elif isinstance(data_or_path, chem.rdchem.Mol):
            molecule = data_or_path
        else:
            raise ArgumentTypeError(f"A molecule of RDKit or a path is needed, not {type(data_or_path).__name__}.")
        if molecule is None:
            raise ArgumentValueError("RDKit can't read this molecule.")
        if convert_to_3d_and_optimize:
            shapes = need("rdkit.Chem.AllChem", "Molecule.from_rdkit", "rdkit")
            molecule = chem.AddHs(molecule)
            shapes.EmbedMolecule(molecule)
            shapes.MMFFOptimizeMolecule(molecule, maxIters=mmff_optimize_molecule_max_iterations)
        from io import StringIO

        return cls(StringIO(chem.rdmolfiles.MolToPDBBlock(molecule)), caption=caption, file_type="pdb")

    @classmethod
    def from_smiles(
        cls,
        data: str,
        caption: str | None = None,
        sanitize: bool = True,
        convert_to_3d_and_optimize: bool = True,
        mmff_optimize_molecule_max_iterations: int = 200,
    ) -> Molecule:
        """A molecule by its SMILES text. Raises UsageError for text that is none, or without RDKit."""
        chem = need("rdkit.Chem", "Molecule.from_smiles", "rdkit")
        molecule = chem.MolFromSmiles(data, sanitize=sanitize)
        if molecule is None:
            raise ArgumentValueError(f"RDKit can't read the SMILES text {data!r:.200}.")
        return cls.from_rdkit(molecule, caption, convert_to_3d_and_optimize, mmff_optimize_molecule_max_iterations)

    @classmethod
    def seq_to_json(cls, seq: Sequence[BatchableMedia], run: Target, key: str, step: Union[int, str]) -> Dict[str, Any]:
        """Write the files of a list of molecules; the JSON that stands for all of them."""
        for molecule in seq:
            molecule.bind_to_run(run, key, step)
        names = [molecule.to_json(run)["path"] for molecule in seq]
        return {"_type": "molecule", "filenames": names, "count": len(seq), "captions": cls.captions(seq)}
