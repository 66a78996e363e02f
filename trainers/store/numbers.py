"""Numbers as the store keeps them: compressed, and read back as exactly the same.

The bytes of a table are put in order of their significance within each column, where neighbors are alike, and then
compressed. How large they are unpacked is known beforehand, so that a damaged one cannot ask for more.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

CODEC = "zstd"
MAX_JSON = 64 * 2**20  # bytes of JSON, unpacked

_NUMBER = np.dtype("<f8")
_SINGLE = np.dtype("<f4")
_LENGTH = 8  # bytes that say how long what follows is, unpacked


class PackingError(ValueError):
    """What was kept is damaged."""


def pack_table(table: NDArray[np.float64]) -> bytes:
    """A table (columns, length) of float64."""
    return _compress(_shuffled(np.ascontiguousarray(table, _NUMBER)))


def unpack_table(data: bytes, columns: int, length: int) -> NDArray[np.float64]:
    """The inverse of `pack_table`.

    Raises:
        PackingError: it is no table of that shape.
    """
    return _unshuffled(_decompress(data, columns * length * _NUMBER.itemsize), _NUMBER).reshape(columns, length)


def pack_arrays(arrays: Mapping[str, NDArray[np.float32]]) -> bytes:
    """Named arrays of float32: their names and shapes as JSON, then one after another."""
    told = json.dumps([[name, array.shape] for name, array in arrays.items()]).encode()
    values = [np.ascontiguousarray(array, _SINGLE).ravel() for array in arrays.values()]
    content = _shuffled(np.concatenate(values or [np.empty(0, _SINGLE)]))
    return len(told).to_bytes(_LENGTH, "little") + told + _compress(content)


def unpack_arrays(data: bytes) -> dict[str, NDArray[np.float32]]:
    """The inverse of `pack_arrays`.

    Raises:
        PackingError: it holds none.
    """
    end = _LENGTH + int.from_bytes(data[:_LENGTH], "little")
    try:
        shapes = [(str(name), tuple(map(int, shape))) for name, shape in json.loads(data[_LENGTH:end])]
    except (TypeError, ValueError) as error:
        raise PackingError("the names of a probe's arrays are damaged") from error
    sizes = [math.prod(shape) for _, shape in shapes]
    values = _unshuffled(_decompress(data[end:], sum(sizes) * _SINGLE.itemsize), _SINGLE)
    parts = np.split(values, np.cumsum(sizes)[:-1]) if shapes else []
    return {name: part.reshape(shape) for (name, shape), part in zip(shapes, parts, strict=True)}


def pack_json(value: Any) -> bytes:
    """JSON data, in which numbers may be NaN or infinite."""
    content = json.dumps(value, separators=(",", ":")).encode()
    return len(content).to_bytes(_LENGTH, "little") + _compress(content)


def unpack_json(data: bytes) -> Any:
    """The inverse of `pack_json`.

    Raises:
        PackingError: it is none.
    """
    size = int.from_bytes(data[:_LENGTH], "little")
    if size > MAX_JSON:
        raise PackingError(f"a value must be at most {MAX_JSON} bytes, it says {size}")
    try:
        return json.loads(_decompress(data[_LENGTH:], size))
    except ValueError as error:
        raise PackingError("a value is damaged") from error


def _compress(content: bytes) -> bytes:
    packed: bytes = pa.compress(content, codec=CODEC, asbytes=True)
    return packed


def _decompress(data: bytes, size: int) -> bytes:
    if not 0 <= size <= 2**31:
        raise PackingError(f"a chunk of {size} bytes is none of the lab's")
    if size == 0:
        return b""
    try:
        content: bytes = pa.decompress(data, decompressed_size=size, codec=CODEC, asbytes=True)
    except (OSError, ValueError) as error:
        raise PackingError("a chunk is damaged") from error
    if len(content) != size:
        raise PackingError(f"a chunk must have {size} bytes, it has {len(content)}")
    return content


def _shuffled(values: NDArray[Any]) -> bytes:
    return values.view(np.uint8).reshape(-1, values.itemsize).T.tobytes()


def _unshuffled(content: bytes, kind: np.dtype[Any]) -> NDArray[Any]:
    found = np.frombuffer(content, np.uint8).reshape(kind.itemsize, -1)
    return np.ascontiguousarray(found.T).view(kind).ravel()
