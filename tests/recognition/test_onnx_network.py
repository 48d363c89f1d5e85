"""A person's ONNX network: parsed and tried in a process that may die, made anew here of plain operators."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch

from core.media_attack import samples
from core.recognition import onnx_graph, onnx_recogniser
from core.recognition.alignment import face_crop
from core.recognition.embedding_recogniser import EmbeddingRecogniser
from core.recognition.load_recogniser import load_recogniser
from core.sandbox.sandbox import Sandbox
from core.types import InputError, limits

pytest.importorskip("onnx2torch")


def onnx_file(
    path: Path, *, side: int = 112, dimension: int = 48, constant: bool = False, title: str = "", more: Any = ()
) -> Path:
    """Write a network that pools and projects; `title` is its first operator's, `more` are operators beside it."""
    make, numbers = onnx.helper, onnx.numpy_helper
    pooled = 3 * (side // 16) ** 2
    weight = np.zeros((pooled, dimension)) if constant else np.random.default_rng(0).normal(0, 1, (pooled, dimension))
    nodes = [
        make.make_node("AveragePool", ["x"], ["p"], title, kernel_shape=[16, 16], strides=[16, 16]),
        make.make_node("Flatten", ["p"], ["f"]),
        make.make_node("Gemm", ["f", "w", "b"], ["y"]),
        *more,
    ]
    constants = [
        numbers.from_array(weight.astype(np.float32), "w"),
        numbers.from_array(np.ones(dimension, np.float32), "b"),
    ]
    shapes = [1, 3, side, side], [1, dimension]
    ends = [make.make_tensor_value_info(n, 1, shape) for n, shape in zip("xy", shapes, strict=True)]
    graph = make.make_graph(nodes, "net", ends[:1], ends[1:], constants)
    onnx.save(make.make_model(graph, opset_imports=[make.make_opsetid("", 17)], ir_version=8), path)
    return path


def test_a_users_onnx_network_recognises(tmp_path: Path) -> None:
    recogniser = load_recogniser(str(onnx_file(tmp_path / "mine.onnx")))
    vector = recogniser.embed(face_crop(samples.portrait_face()))
    assert recogniser.name == "mine"
    assert vector.shape == (48,)
    assert float(np.linalg.norm(vector)) == pytest.approx(1, abs=1e-5)


def test_a_network_with_unsigned_numbers_is_read(tmp_path: Path) -> None:
    value = onnx.numpy_helper.from_array(np.array([7], np.uint32))
    more = [onnx.helper.make_node("Constant", [], ["u"], value=value)]
    assert load_recogniser(str(onnx_file(tmp_path / "mine.onnx", more=more))).name == "mine"


def test_a_file_that_was_replaced_is_read_anew(tmp_path: Path) -> None:
    crop = face_crop(samples.portrait_face())
    for dimension in (48, 64):
        recogniser = load_recogniser(str(onnx_file(tmp_path / "mine.onnx", dimension=dimension)))
        assert recogniser.embed(crop).shape == (dimension,)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"side": 160}, r"takes an input of the shape \(1, 3, 160, 160\); a network of faces takes \(N, 3, 112, 112\)"),
        ({"dimension": 4}, r"gives \(1, 4\) for one face"),
        ({"constant": True}, "gives the same or no finite numbers for different faces"),
    ],
)
def test_a_network_of_another_shape_is_refused(tmp_path: Path, settings: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        load_recogniser(str(onnx_file(tmp_path / "odd.onnx", **settings)))


def test_files_that_are_none_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    junk = tmp_path / "junk.onnx"
    junk.write_bytes(b"junk")
    with pytest.raises(InputError, match=r"junk\.onnx is no ONNX network, or it is damaged"):
        load_recogniser(str(junk))
    with monkeypatch.context() as patched:
        patched.setattr(limits, "NETWORK_BYTES", 3)
        with pytest.raises(InputError, match=r"junk\.onnx is too large \(0 MiB"):
            load_recogniser(str(junk))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="needs the packages onnx and onnx2torch: pip install"):
        load_recogniser(str(junk))


def test_a_name_in_a_network_never_becomes_code(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    title = f'a"), open("{ran}", "w"), getattr(self, "a'
    recogniser = load_recogniser(str(onnx_file(tmp_path / "named.onnx", title=title)))
    recogniser.embed(face_crop(samples.portrait_face()))
    assert not ran.exists()


MAKE = onnx.helper.make_node
BRANCH = onnx.helper.make_graph([MAKE("Identity", ["x"], ["i"])], "branch", [], [onnx.ValueInfoProto(name="i")])
REFUSED = [
    ([MAKE("NonZero", ["x"], ["z"])], "gets the size of NonZero from what a face shows"),
    ([MAKE("Cast", ["x"], ["i"], to=7), MAKE("Expand", ["x", "i"], ["z"])], "gets the size of Expand from what a face"),
    ([MAKE("Identity", ["x"], ["i"])] * (limits.MAX_OPERATORS + 1), "has 20,004 operators; a network of at most"),
    ([MAKE("Constant", [], ["k"], value_strings=["a"] * 3), MAKE("StringNormalizer", ["k"], ["z"])], "cannot be run"),
    (
        [
            MAKE("Constant", [], ["c"], value=onnx.helper.make_tensor("c", 9, [1], [True])),
            MAKE("If", ["c"], ["z"], then_branch=BRANCH, else_branch=BRANCH),
        ],
        "has an operator with a graph inside",
    ),
    ([MAKE("Other", ["x"], ["z"], domain="of.mine")], "no ONNX network|has an operator of 'of.mine'"),
]


@pytest.mark.parametrize(("more", "words"), REFUSED, ids=[row[0][-1].op_type for row in REFUSED])
def test_what_may_cost_more_for_another_face_is_refused(more: Any, words: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=words):
        load_recogniser(str(onnx_file(tmp_path / "odd.onnx", more=more)))


def test_a_size_that_comes_from_the_sides_is_kept(tmp_path: Path) -> None:
    more = [MAKE("Shape", ["x"], ["s"]), MAKE("Expand", ["x", "s"], ["z"])]
    assert load_recogniser(str(onnx_file(tmp_path / "mine.onnx", more=more))).name == "mine"


@pytest.fixture
def apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROSOPON_READER", "apart")
    # what is called here is called in the other process
    monkeypatch.setattr(onnx_graph, "parse_network", lambda *_: pytest.fail("parsed here"))
    monkeypatch.setattr(onnx_graph, "dimension_of", lambda *_: pytest.fail("tried here"))


@pytest.mark.slow  # a process that imports torch
@pytest.mark.usefixtures("apart")
def test_a_process_that_may_die_parses_and_tries_it(tmp_path: Path) -> None:
    file = onnx_file(tmp_path / "mine.onnx")
    recogniser = load_recogniser(str(file))
    assert isinstance(recogniser, EmbeddingRecogniser)
    faces = torch.rand(1, 3, 112, 112, generator=torch.Generator().manual_seed(0))
    scaled = ((faces * 255 - 127.5) / 127.5).numpy()
    pooled = scaled.reshape(1, 3, 7, 16, 7, 16).mean((3, 5)).reshape(1, -1)
    weight, bias = (onnx.numpy_helper.to_array(one) for one in onnx.load(file).graph.initializer)
    found = recogniser.network(faces.requires_grad_())
    np.testing.assert_allclose(found.detach().numpy(), pooled @ weight + bias, atol=1e-4)
    assert torch.autograd.grad(found.sum(), faces)[0].abs().max() > 0  # attacks and maps have their gradients
    huge = onnx.numpy_helper.from_array(np.array([10**6, 10**6]), "n")
    more = [MAKE("Constant", [], ["n"], value=huge), MAKE("ConstantOfShape", ["n"], ["z"])]
    with pytest.raises(InputError, match=r"huge\.onnx (has parts that cannot be run here|made its reader stop)"):
        load_recogniser(str(onnx_file(tmp_path / "huge.onnx", more=more)))
    (tmp_path / "half.onnx").write_bytes(file.read_bytes()[:-500])
    with pytest.raises(InputError, match=r"half\.onnx is no ONNX network, or it is damaged"):
        load_recogniser(str(tmp_path / "half.onnx"))


ENDS = [
    ("crash", "it crashed"),
    ("late", "it crashed"),
    ("lie", "it answered what no reader answers"),
    ("other", "it answered what no reader answers"),
]


@pytest.mark.usefixtures("apart")
@pytest.mark.parametrize(("name", "words"), ENDS)
def test_a_parser_that_dies_or_lies_is_a_sentence(
    name: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = Sandbox("lying_parser")
    monkeypatch.setattr(onnx_recogniser, "_sandbox", lambda: box)
    with pytest.raises(InputError, match=f"{name}.onnx made its reader stop: {words}"):
        load_recogniser(str(onnx_file(tmp_path / f"{name}.onnx")))
    box.close()
