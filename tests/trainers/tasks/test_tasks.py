from __future__ import annotations

import json
import math
import random
import subprocess
import sys
import threading
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.limits import WAIT_S
from trainers.parts.randomness import generator
from trainers.runs.build import resolve_settings
from trainers.runs.labels import load_labels, metric_told
from trainers.tasks import NAMES, Data, Task, bearings, cache_file, describe, load_task, mnist1d, spirals
from tricks.declaration import Knobs, RefusedError
from tricks.making import CalledOffError, Making, told_to

LIMITS = {
    "digits": 1000,
    "mnist1d": 20_000,
    "rare_class": 15_756,
    "long_tail": 4000,
    "spirals": 2000,
    "bearings": 3200,
}
DRAWN = json.loads((Path(__file__).parent / "drawn_data.json").read_text(encoding="utf-8"))


@pytest.fixture(params=tuple(LIMITS))
def task(request: pytest.FixtureRequest) -> Task:
    return load_task(request.param)


def make(task: Task, seed: int, **values: object) -> tuple[Knobs, Data]:
    settings = resolve_settings(task, values)
    return settings, task.make(settings, generator(seed, "data"))


def rows(inputs: torch.Tensor) -> set[bytes]:
    return {row.tobytes() for row in inputs.numpy()}


def test_a_task_is_what_it_declares(task: Task) -> None:
    settings, data = make(task, 100)
    size = settings["train_size"]
    assert task.trainer == "classifier" and task.source and task.view in {"image", "signal", "point"}
    assert data.train.inputs.shape == (size, *task.shape)
    assert data.train.labels.shape == data.train.clean_labels.shape == (size,)
    assert data.inputs.shape == (task.sizes["test"], *task.shape)
    assert data.labels.shape == (task.sizes["test"],)
    for inputs, labels in ((data.train.inputs, data.train.labels), (data.inputs, data.labels)):
        assert inputs.dtype == torch.float32 and inputs.isfinite().all()
        assert labels.dtype == torch.int64 and set(labels.tolist()) == set(range(task.num_classes))
    assert 0.3 < data.inputs.std() < 1.5
    scores = task.score(torch.zeros(len(data.labels), task.num_classes), data.labels)
    assert list(scores) == list(task.metrics)
    assert set(task.metrics.values()) <= {"lower", "higher"} and all(name.startswith("test_") for name in scores)
    assert scores["test_loss"] == pytest.approx(math.log(task.num_classes), rel=1e-5)


@pytest.mark.parametrize("name", [name for name in NAMES if load_task(name).sizes["pool"]])
def test_examples_have_the_shape_that_is_declared(name: str) -> None:
    task = load_task(name)
    _, data = make(task, 100)
    assert {tuple(data.train.inputs.shape[1:]), tuple(data.inputs.shape[1:])} == {task.shape}


@pytest.mark.parametrize("name", NAMES)
def test_each_of_its_metrics_is_told_and_a_loss_of_its_own_in_words_of_its_own(name: str) -> None:
    labels, told = load_labels(), load_task(name)
    assert all(metric_told(labels, metric, name).rstrip(".") for metric in told.metrics)
    is_own = "test_loss" in told.metrics and told.trainer != "classifier"  # the others have the mean cross-entropy
    assert (f"metric.test_loss.{name}" in labels) is is_own


def test_the_test_set_is_fixed_whatever_is_drawn(task: Task) -> None:
    _, one = make(task, 100)
    _, other = make(task, 101, train_size=400, label_noise=0.3)
    assert torch.equal(one.inputs, other.inputs)
    assert torch.equal(one.labels, other.labels)


def test_no_test_example_is_ever_trained_on(task: Task) -> None:
    _, data = make(task, 100, train_size=LIMITS[task.name])
    tested = rows(data.inputs)
    assert len(tested) == len(data.inputs)
    assert not tested & rows(data.train.inputs)
    assert len(rows(data.train.inputs)) == LIMITS[task.name]


def test_the_seed_determines_the_training_set(task: Task) -> None:
    _, one = make(task, 100, label_noise=0.2)
    _, same = make(task, 100, label_noise=0.2)
    _, other = make(task, 101, label_noise=0.2)
    for name in ("inputs", "labels", "clean_labels"):
        assert torch.equal(getattr(one.train, name), getattr(same.train, name))
        assert not torch.equal(getattr(one.train, name), getattr(other.train, name)) or task.name == "rare_class"
    assert not torch.equal(one.train.inputs, other.train.inputs)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.333, 0.9])
def test_the_share_of_wrong_labels_is_exact(task: Task, share: float) -> None:
    _, data = make(task, 100, train_size=500, label_noise=share)
    wrong = data.train.labels != data.train.clean_labels
    assert int(wrong.sum()) == round(share * 500)
    _, clean = make(task, 100, train_size=500, label_noise=0.0)
    assert torch.equal(data.train.inputs, clean.train.inputs)
    assert torch.equal(data.train.clean_labels, clean.train.labels)


def test_wrong_labels_are_any_of_the_other_classes() -> None:
    _, data = make(load_task("mnist1d"), 100, train_size=20_000, label_noise=0.9)
    wrong = data.train.labels != data.train.clean_labels
    shift = (data.train.labels - data.train.clean_labels)[wrong] % 10
    counts = torch.bincount(shift, minlength=10)
    assert counts[0] == 0
    assert counts[1:].min() > 1800 and counts[1:].max() < 2200


def test_a_training_set_larger_than_the_pool_is_refused(task: Task) -> None:
    high = LIMITS[task.name]
    for size in (high + 1, 20_000) if high < 20_000 else (20_001,):
        with pytest.raises(RefusedError, match=rf"train_size must be between .* {high}.*, got {size}"):
            resolve_settings(task, {"train_size": size})


def test_a_rare_class_needs_a_rare_example() -> None:
    task = load_task("rare_class")
    with pytest.raises(RefusedError, match="train_size must be between 101 and 15756 for rare_class, got 100"):
        resolve_settings(task, {"train_size": 100})
    _, data = make(task, 100, train_size=101)
    assert data.train.labels.sum() == 1
    _, data = make(task, 100)
    assert torch.bincount(data.train.labels).tolist() == [6000, 60] == torch.bincount(data.labels).tolist()


def test_signals_are_standardized_by_the_training_pool_alone() -> None:
    inputs, _, test_inputs, _ = mnist1d.load()
    assert inputs.mean().item() == pytest.approx(0, abs=1e-5)
    assert inputs.std().item() == pytest.approx(1, abs=1e-4)
    assert abs(test_inputs.mean().item()) > 1e-5


@pytest.mark.parametrize("name", ["digits", "mnist1d", "spirals", "bearings"])
def test_classes_are_balanced(name: str) -> None:
    task = load_task(name)
    counts = torch.bincount(make(task, 100)[1].labels)
    assert counts.min() > 0.8 * len(make(task, 100)[1].labels) / task.num_classes


def test_spirals_are_two_arms_that_can_be_told_apart() -> None:
    inputs, labels = spirals.load()
    opposite = torch.cdist(inputs[labels == 0], -inputs[labels == 1]).min(1).values
    across = torch.cdist(inputs[labels == 0], inputs[labels == 1]).min(1).values
    assert opposite.median() < 0.05  # one arm is the other turned by half a circle
    assert across.median() > 0.3


def test_noise_has_the_power_that_is_asked_for() -> None:
    clean, noise, _ = bearings.load()
    indices = torch.arange(bearings.POOL)
    for snr_db in (-10.0, 0.0, 20.0):
        heard = bearings.observe(indices, snr_db)
        assert torch.allclose(heard.mean(1), torch.zeros(bearings.POOL), atol=1e-5)
        assert torch.allclose(heard.std(1, correction=0), torch.ones(bearings.POOL), atol=1e-4)
        share = (heard * clean[indices]).mean(1)  # both of unit power: the signal's share of the amplitude
        power = torch.stack([share[indices // 8 % 6 == which].mean() for which in range(6)]) ** 2
        by_offset = (10 * torch.log10(power / (1 - power))).tolist()
        assert by_offset == pytest.approx([snr_db + offset for offset in bearings.SPREAD_DB], abs=0.4)
    assert noise.std().item() == pytest.approx(1, abs=0.01)


def test_impacts_ring_as_the_formula_says() -> None:
    """The recursion against the sum of the decaying sines it stands for."""
    source = np.random.default_rng(5)
    shaft_hz, phase = np.array([[30.0]]), np.array([[0.25]])
    heard = bearings.ring("outer", 0.7, shaft_hz, phase, source)[0]
    source = np.random.default_rng(5)
    rate_hz = 30 * bearings.STRIKES["outer"]
    number = np.arange(-5, math.ceil(rate_hz * 512 / 2560) + 1)
    slip = source.normal(0, 0.01, (1, len(number)))
    moments = ((number + source.uniform(0, 1, (1, 1)) + slip) / rate_hz)[0]
    sizes = 0.7 * source.uniform(0.8, 1.2, (1, len(moments)))[0]
    since = np.arange(512)[:, None] / 2560 - moments
    ringing = np.exp(-bearings.DECAY_PER_S * since) * np.sin(2 * math.pi * bearings.RINGING_HZ * since)
    expected = (sizes * np.where(since >= 0, ringing, 0)).sum(1)
    np.testing.assert_allclose(heard, expected, atol=1e-12)


def test_a_fault_strikes_at_its_own_rate() -> None:
    """The envelope's spectrum of a severe fault peaks at the rate of its impacts, of a healthy bearing nowhere near."""
    shaft_hz, phase = np.full((200, 1), 30.0), np.zeros((200, 1))
    for place in ("outer", "inner", "ball"):
        ringing = bearings.ring(place, 1.0, shaft_hz, phase, np.random.default_rng(5))
        envelope = np.abs(ringing)
        spectrum = np.abs(np.fft.rfft(envelope - envelope.mean(1, keepdims=True), 4096)).mean(0)
        frequencies = np.fft.rfftfreq(4096, 1 / 2560)
        band = (frequencies > 60) & (frequencies < 200)
        peak = frequencies[band][spectrum[band].argmax()]
        assert peak == pytest.approx(30 * bearings.STRIKES[place], abs=4)


def test_a_task_is_described_as_it_is_drawn(task: Task) -> None:
    settings, data = make(task, 100, label_noise=0.2)
    seen = describe(task, settings, 100, num_examples=12)
    assert seen.sizes["train"] == settings["train_size"] and seen.sizes["test"] == len(data.labels)
    assert seen.class_counts == tuple(torch.bincount(data.train.clean_labels).tolist())
    assert seen.test_class_counts == tuple(torch.bincount(data.labels).tolist())
    assert seen.num_wrong == round(0.2 * len(data.train.labels))
    assert set(seen.clean_labels.tolist()) == set(range(task.num_classes))
    assert len(seen.examples) == len(seen.labels) == len(seen.clean_labels) == 12
    assert {"image": (8, 8), "signal": task.shape, "point": (2,)}[task.view] == seen.examples.shape[1:]
    drawn = rows(data.train.inputs)
    assert {example.tobytes() for example in seen.examples} <= drawn


@pytest.mark.parametrize("name", sorted(NAMES))
def test_the_data_are_those_that_all_figures_were_made_with(name: str) -> None:
    assert summarize(name) == pytest.approx(DRAWN[name], rel=1e-4, abs=1e-5)


def summarize(name: str) -> list[float]:
    """What another seed would change: a few numbers of the training set of seed 100, and of the fixed test set."""
    _, data = make(load_task(name), 100)
    drawn = torch.linspace(-1, 1, data.train.inputs[0].numel()).view_as(data.train.inputs[0])
    found = [(inputs[:200] * drawn).sum(tuple(range(1, inputs.ndim))) for inputs in (data.train.inputs, data.inputs)]
    return [
        round(number, 6) for one in found for number in (one.mean().item(), one.std(correction=0).item(), one[0].item())
    ]


def test_making_data_draws_from_nobody_elses_generator(task: Task) -> None:
    def states() -> tuple[bytes, bytes, object]:
        numpy_state = np.random.get_state(legacy=False)
        assert isinstance(numpy_state, dict)
        return torch.get_rng_state().numpy().tobytes(), repr(numpy_state["state"]).encode(), random.getstate()

    before = states()
    make(task, 100, label_noise=0.2)
    assert states() == before


@pytest.mark.parametrize("name", NAMES)
def test_a_tasks_examples_are_made_once_in_a_process(name: str) -> None:
    module = import_module(f"trainers.tasks.{name}")
    for made in (getattr(module, function, None) for function in ("load", "members", "signals")):  # no second time
        assert made is None or made() is made()


def kept_in(folder: Path) -> list[str]:
    """The files of a cache, but for the locks."""
    return [path.name for path in folder.iterdir() if path.suffix != ".lock"]


def test_what_takes_long_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "a folder" / "that is new"
    monkeypatch.setenv("TRICK_LAB_CACHE", str(folder))
    made = []

    def slow() -> dict[str, np.ndarray]:
        made.append(1)
        return {"inputs": np.arange(3.0), "labels": np.arange(3)}

    for _ in range(2):
        arrays = cache_file.cached("pool", slow)
        assert arrays["inputs"].tolist() == [0, 1, 2] and arrays["labels"].dtype == np.int64
    assert len(made) == 1
    assert kept_in(folder) == ["pool.npz"]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut short", b"no archive at all"])
def test_a_broken_cache_is_made_again(
    content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("TRICK_LAB_CACHE", str(tmp_path))
    (tmp_path / "pool.npz").write_bytes(content)
    assert cache_file.cached("pool", lambda: {"x": np.ones(2)})["x"].tolist() == [1, 1]
    assert "cannot be read" in caplog.text
    assert cache_file.cached("pool", dict)["x"].tolist() == [1, 1]


def compressed_otherwise(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[content.find(b"PK\x01\x02") + 10] ^= 1
    path.write_bytes(content)


def encrypted(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[content.find(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)


def an_array(path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, np.ones(2))


@pytest.mark.parametrize("damage", [compressed_otherwise, encrypted, an_array])
def test_whatever_a_damaged_cache_file_raises_it_is_made_again(
    damage: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("TRICK_LAB_CACHE", str(tmp_path))
    cache_file.cached("pool", lambda: {"x": np.ones(2)})
    damage(tmp_path / "pool.npz")
    assert cache_file.cached("pool", lambda: {"x": np.zeros(2)})["x"].tolist() == [0, 0]
    assert "cannot be read" in caplog.text
    assert cache_file.cached("pool", dict)["x"].tolist() == [0, 0]


def test_without_a_home_data_are_made_and_not_kept(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    for name in ("TRICK_LAB_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    assert cache_file.cached("pool", lambda: {"x": np.ones(2)})["x"].tolist() == [1, 1]
    assert "set TRICK_LAB_CACHE" in caplog.text


@pytest.mark.parametrize(
    "wrong",
    [
        {"x": np.ones(3)},
        {"x": np.ones(2, dtype=np.float32)},
        {"y": np.ones(2)},
        {"x": np.full(2, np.nan)},
        {},
        {"x": np.ones(2), "digest": np.zeros(32, dtype=np.uint8)},
    ],
)
def test_a_cache_file_that_is_valid_and_wrong_is_made_again(
    wrong: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRICK_LAB_CACHE", str(tmp_path))
    np.savez(tmp_path / "pool.npz", **wrong)
    for make in (lambda: {"x": np.ones(2)}, dict):  # the second time it is read
        found = cache_file.cached("pool", make)
        assert list(found) == ["x"] and found["x"].tolist() == [1, 1] and found["x"].dtype == np.float64
    (tmp_path / "pool.npz").rename(tmp_path / "other.npz")
    assert cache_file.cached("other", lambda: {"x": np.zeros(1)})["x"].tolist() == [0]  # kept under another name


def test_a_cache_that_cannot_be_written_costs_only_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("TRICK_LAB_CACHE", str(tmp_path / "file" / "folder"))
    assert cache_file.cached("pool", lambda: {"x": np.ones(2)})["x"].tolist() == [1, 1]
    assert "could not be kept" in caplog.text


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRICK_LAB_CACHE", str(tmp_path))

    def fail(*args: object, **kwargs: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(np, "savez", fail)
    cache_file.cached("pool", lambda: {"x": np.ones(2)})
    assert kept_in(tmp_path) == []


def test_racing_threads_never_see_half_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRICK_LAB_CACHE", str(tmp_path))
    expected = np.arange(200_000)
    made: list[int] = []
    barrier = threading.Barrier(8)  # all come to an empty cache
    wrong: list[object] = []

    def make_pool() -> dict[str, np.ndarray]:
        made.append(1)
        return {"x": expected}

    def work() -> None:
        barrier.wait(timeout=WAIT_S)
        for _ in range(5):
            found = cache_file.cached("pool", make_pool)["x"]
            if not np.array_equal(found, expected):
                wrong.append(found)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=WAIT_S)
    assert not wrong and not any(thread.is_alive() for thread in threads)
    assert len(made) == 1
    assert kept_in(tmp_path) == ["pool.npz"]


RACER = """
import runpy, sys
import numpy as np
cached = runpy.run_path(sys.argv[1])["cached"]
print(sum(int(cached("pool", lambda: {"x": np.arange(500_000)})["x"].sum()) for _ in range(20)))
"""


def test_racing_processes_agree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRICK_LAB_CACHE", str(tmp_path))
    command = [sys.executable, "-c", RACER, cache_file.__file__]
    racers = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(4)]
    for racer in racers:
        out, err = racer.communicate(timeout=WAIT_S)
        assert (int(out), err) == (20 * 500_000 * 499_999 // 2, b"")
    assert kept_in(tmp_path) == ["pool.npz"]


@pytest.mark.parametrize(
    ("platform", "variable", "folder"),
    [
        ("linux", "XDG_CACHE_HOME", "trick-lab"),
        ("win32", "LOCALAPPDATA", "trick-lab"),
        ("linux", None, ".cache/trick-lab"),
        ("darwin", None, "Library/Caches/trick-lab"),
        ("win32", None, "AppData/Local/trick-lab"),
    ],
)
def test_the_cache_stands_where_the_platform_keeps_caches(
    platform: str, variable: str | None, folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TRICK_LAB_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    if variable:
        monkeypatch.setenv(variable, str(tmp_path))
    assert cache_file.cache_folder() == tmp_path / folder


FEW = mnist1d.SCRIPT.replace(f"= {mnist1d.GENERATED}, {mnist1d.SEED}", f"= 200, {mnist1d.SEED}")


def test_the_package_makes_signals_in_a_process_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    assert FEW != mnist1d.SCRIPT
    monkeypatch.setattr(mnist1d, "SCRIPT", FEW)
    told: list[Making] = []
    with told_to(told.append):
        arrays = mnist1d.generate()
    assert arrays["inputs"].shape == (200, 40) and arrays["labels"].shape == (200,)
    assert set(told) == {Making("mnist1d")}


@pytest.mark.long
def test_signals_made_anew_are_those_that_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inputs, labels = mnist1d.signals()
    monkeypatch.setenv("TRICK_LAB_CACHE", str(tmp_path))
    again = cache_file.cached(mnist1d.CACHED, mnist1d.generate)
    assert np.array_equal(again["inputs"], inputs) and np.array_equal(again["labels"], labels)


def test_the_making_of_signals_is_called_off_with_its_process(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[subprocess.Popen[bytes]] = []
    plain = subprocess.Popen

    def start(*arguments: object, **options: object) -> subprocess.Popen[bytes]:
        begun.append(plain(*arguments, **options))  # type: ignore[call-overload]
        return begun[-1]

    def call_off(making: Making) -> None:
        raise CalledOffError

    monkeypatch.setattr(subprocess, "Popen", start)
    with pytest.raises(CalledOffError), told_to(call_off):
        mnist1d.generate()
    assert begun[0].wait(WAIT_S) != 0


def test_a_process_that_makes_signals_ends_with_the_one_that_waits() -> None:
    endless = mnist1d.SCRIPT.partition("import numpy")[0] + "threading.Event().wait()"
    process = subprocess.Popen([sys.executable, "-c", endless, "none"], stdin=subprocess.PIPE)
    assert process.poll() is None and process.stdin is not None
    process.stdin.close()
    assert process.wait(WAIT_S) == 1


def test_a_package_that_fails_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mnist1d, "SCRIPT", "raise SystemExit('no such package')")
    with pytest.raises(RuntimeError, match="mnist1d could not make its data: no such package"):
        mnist1d.generate()


def test_an_unknown_task_is_refused_with_the_nearest() -> None:
    with pytest.raises(RefusedError, match=r"task must be one that there is \(nearest: spirals.*got 'spiral'"):
        load_task("spiral")
