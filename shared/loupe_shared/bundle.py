"""A model bundle: a folder with ``model.onnx`` and the ``manifest.json`` that says how to use it."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, ValidationError, model_validator

from loupe_shared.card import FileName, Metrics, Provenance, QuantizationGate
from loupe_shared.domain import Model
from loupe_shared.errors import ConfigurationError, InvalidBundle
from loupe_shared.preprocess import Preprocessing
from loupe_shared.result import ModelVersion, Precision

MODEL_FILE = "model.onnx"
QUANTIZED_FILE = "model.int8.onnx"
HEAD_FILE = "head.onnx"
MANIFEST_FILE = "manifest.json"
MAX_FILES = 20

NAME = r"^[a-z0-9][a-z0-9-]*$"
SPACE = r"^[a-z0-9][a-z0-9-]*:[1-9][0-9]{0,8}$"


class Manifest(Model):
    """What a bundle holds.

    The graph has one input ``images``, ``uint8[N, size, size, 3]`` in RGB order, normalises inside, and has the outputs
    ``probabilities`` (``float32[N, labels]``), ``embedding`` (``float32[N, embedding_size]``) and
    ``activation_map`` (``float32[N, rows, columns]``: the class-activation map of the most probable label).

    Attributes:
        version: grows by one with every registered version of the name.
        space: name and version of the model whose backbone this one has, preprocessing included, so that both give the
            same embeddings. None if they are its own.
        files: SHA-256 of each file of the bundle but the manifest; ``model.onnx`` is one of them. ``head.onnx``, if
            there is one, is the rest of the graph, from ``embedding`` to ``probabilities``.
        quantization: of ``model.int8.onnx``, a graph with the same input and outputs; none if there is no such file.
        metrics: of ``model.onnx``; none if it was not measured.
    """

    schema_version: Literal[1]
    name: str = Field(pattern=NAME, max_length=100)
    version: int = Field(ge=1, le=999_999_999)
    labels: tuple[str, ...] = Field(min_length=2)
    embedding_size: int = Field(ge=1)
    preprocessing: Preprocessing
    preprocessing_hash: str
    space: str | None = Field(default=None, pattern=SPACE, max_length=120)
    files: dict[FileName, str] = Field(max_length=MAX_FILES)
    provenance: Provenance
    quantization: QuantizationGate | None = None
    metrics: Metrics | None = None

    @model_validator(mode="after")
    def _labels_are_distinct(self) -> Self:
        if len(set(self.labels)) != len(self.labels):
            raise ValueError("labels must be distinct")
        return self

    @model_validator(mode="after")
    def _files_are_others_than_itself(self) -> Self:
        if MANIFEST_FILE in self.files:
            raise ValueError(f"files must not name {MANIFEST_FILE}, which cannot have its own SHA-256")
        return self

    @model_validator(mode="after")
    def _files_have_the_model(self) -> Self:
        if MODEL_FILE not in self.files:
            raise ValueError(f"files must name {MODEL_FILE} and its SHA-256")
        return self

    @property
    def fits(self) -> bool:
        """Whether this version of Loupe decodes pictures as they were when the model was made."""
        return self.preprocessing.fingerprint() == self.preprocessing_hash

    def model_version(self, precision: Precision = Precision.FP32) -> ModelVersion:
        """How results name this model."""
        return ModelVersion(
            name=self.name,
            version=self.version,
            preprocessing_hash=self.preprocessing_hash,
            precision=precision,
            space=self.space,
        )


@dataclass(frozen=True)
class Bundle:
    """A bundle whose files were found to be what its manifest says."""

    manifest: Manifest
    folder: Path

    def model_path(self, precision: Precision = Precision.FP32) -> Path:
        """The graph of a precision.

        Raises:
            ConfigurationError: there is none, or none that was found to be good enough.
        """
        if precision is Precision.FP32:
            return self.folder / MODEL_FILE
        if self.manifest.quantization is None or QUANTIZED_FILE not in self.manifest.files:
            raise ConfigurationError(
                f"LOUPE_PRECISION is int8, but {self.folder} has no accepted int8 graph: make one, or choose fp32"
            )
        return self.folder / QUANTIZED_FILE

    @property
    def head_path(self) -> Path | None:
        """The rest of the graph alone, if it is there."""
        return self.folder / HEAD_FILE if HEAD_FILE in self.manifest.files else None

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read and check a bundle.

        If the folder is a link, everything is of the folder that it leads to now, even if it is set anew meanwhile.

        Raises:
            InvalidBundle: a file is missing or altered, the manifest is malformed, or the model was made for other
                preprocessing code than this process has.
        """
        if folder.is_symlink():
            folder = folder.resolve()
        try:
            manifest = Manifest.model_validate_json((folder / MANIFEST_FILE).read_bytes())
            for name, expected in manifest.files.items():
                found = sha256(folder / name)
                if found != expected:
                    raise InvalidBundle(
                        f"{folder / name} is not the file that the manifest describes: fetch the bundle again"
                    )
        except OSError as error:
            raise InvalidBundle(
                f"the model bundle {folder} cannot be read: {error.strerror} ({error.filename})"
            ) from error
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "the document"
            raise InvalidBundle(f"{folder / MANIFEST_FILE}: {where}: {first['msg']}") from error
        if not manifest.fits:
            raise InvalidBundle(
                f"{folder} was made for other preprocessing than this version of Loupe has: export it again"
            )
        return cls(manifest, folder)


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
