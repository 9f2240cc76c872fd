"""User values to JSON: nothing raises, nothing is kept alive, plain values come back unchanged."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import gc
import json
import math
import pathlib
import re
import subprocess
import sys
import types
import weakref
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wandb.sdk.lib import json_texts, json_values
from wandb.sdk.lib.json_values import dumps, text_of, to_json_value, to_key


class Colour(enum.Enum):
    RED = "r"


class Level(enum.IntEnum):
    LOW = 1


@dataclasses.dataclass
class Point:
    x: int = 1
    y: object = None


class Hostile:
    """Every way in which an object may refuse to be looked at."""

    def __str__(self):
        raise ValueError("no")

    __repr__ = __str__


Pair = collections.namedtuple("Pair", "a b")
plain_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
UTC, EAST = datetime.timezone.utc, datetime.timezone(datetime.timedelta(hours=2))


@given(plain_json)
def test_plain_values__converted_and_dumped__come_back_equal(value):
    """JSON values are by far the usual case and must pass without a change."""
    assert to_json_value(value) == value
    assert json.loads(dumps(value)) == value


@given(st.text(alphabet=st.characters()) | st.binary() | st.complex_numbers() | st.sets(st.integers() | st.text()))
def test_other_builtin_values__dumped__are_utf8_json(value):
    """The text goes into a protobuf string, which takes only what UTF-8 can carry."""
    json.loads(dumps(value).encode("utf-8"))
    json.dumps(to_json_value(value), ensure_ascii=False).encode("utf-8")


@pytest.mark.parametrize(
    ("value", "row", "config"),
    [
        (Colour.RED, "r", "RED"),
        (Level.LOW, 1, "LOW"),
        (float("inf"), math.inf, math.inf),
        (decimal.Decimal("1.50"), "1.50", "1.50"),
        (fractions.Fraction(1, 3), "1/3", "1/3"),
        (1 + 2j, "1+2j", "1+2j"),
        (b"ab\xff", "ab\ufffd", "ab\ufffd"),
        (bytearray(b"ab"), "ab", "ab"),
        (pathlib.PurePosixPath("/a/b"), "/a/b", "/a/b"),
        (datetime.datetime(2020, 1, 2, 3, 4, 5), "2020-01-02T03:04:05", "2020-01-02T03:04:05"),
        (datetime.datetime(2020, 1, 2, 3, 4, tzinfo=UTC), "2020-01-02T03:04:00Z", "2020-01-02T03:04:00+00:00"),
        (datetime.datetime(2020, 1, 2, 3, 4, tzinfo=EAST), "2020-01-02T03:04:00+02:00", "2020-01-02T03:04:00+02:00"),
        ([datetime.time(3, 4, tzinfo=UTC)], ["03:04:00Z"], ["03:04:00+00:00"]),
        (datetime.date(2020, 1, 2), "2020-01-02", "2020-01-02"),
        (datetime.timedelta(seconds=3.5), "PT3.5S", "0:00:03.500000"),
        ({3, 1, 2}, [1, 2, 3], [1, 2, 3]),
        (frozenset("ba"), ["a", "b"], ["a", "b"]),
        ((1, (2,)), [1, [2]], [1, [2]]),
        (collections.deque([1]), [1], [1]),
        (range(3), [0, 1, 2], [0, 1, 2]),
        ({}.keys(), [], []),
        (Point(), {"x": 1, "y": None}, {"x": 1, "y": None}),
        (Point, f"{__name__}.Point", f"{__name__}.Point"),
        (len, "builtins.len", "builtins.len"),
        (Pair(1, 2), [1, 2], [1, 2]),
        (types.SimpleNamespace(a=1), {"a": 1}, {"a": 1}),
        (types.MappingProxyType({"a": 1}), {"a": 1}, {"a": 1}),
        ({1: 2, (1, 2): 3, None: 4, b"x": 5, 1.5: 6, Colour.RED: 7}, None, None),
        (slice(1, 2), {"slice_start": 1, "slice_stop": 2, "slice_step": None}, None),
        (type("S", (str,), {})("q"), "q", "q"),
        (type("F", (float,), {})(1.5), 1.5, 1.5),
        ("a\ud800b", "a\ufffdb", "a\ufffdb"),
        ("\ud83d\ude00", "\U0001f600", "\U0001f600"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_known_types__converted__have_their_form(value, row, config):
    """These forms are what upstream's servers have seen so far for the same values."""
    if isinstance(value, dict):
        row = config = {"1": 2, "1,2": 3, "None": 4, "x": 5, "1.5": 6, "r": 7}
    assert to_json_value(value) == row
    assert config is None or to_json_value(value, for_config=True) == config


@pytest.mark.parametrize("kind", [str, int, float, bool])
def test_subclasses_of_plain_types__converted__are_exactly_plain(kind):
    """A subclass may override the methods that the JSON encoder calls."""
    value = kind("1") if kind is bool else type("Sub", (kind,), {"__repr__": None, "__str__": None})("1")
    assert type(to_json_value([value])[0]) is kind


def test_nan__in_rows_and_config__is_kept_and_null():
    """A row must show that a loss became NaN; a server refuses a config with NaN in it."""
    assert dumps([math.nan, math.inf, -math.inf]) == "[NaN,Infinity,-Infinity]"
    assert dumps(math.nan) == "NaN"
    assert dumps(-math.inf) == "-Infinity"
    assert to_json_value({"a": [math.nan]}, for_config=True) == {"a": [None]}


@pytest.mark.parametrize("value", [None, True, False, 3, -1.5, 1e300, 5e-324, "a\"b\n", "é", [1, {"a": None}]])
def test_fast_paths__dumped__equal_the_json_module(value):
    """The usual scalars skip the encoder and may not differ from it."""
    assert dumps(value) == json.dumps(value, separators=(",", ":"))


def test_ints__of_any_size__never_raise():
    """Python refuses to print very long ints, and other JSON readers overflow long before."""
    assert dumps(2**80) == "1208925819614629174706176"
    assert to_json_value(1 << 20_000) == hex(1 << 20_000)
    assert json.loads(dumps([-(1 << 20_000)])) == [hex(-(1 << 20_000))]


def test_recursive_structures__converted__are_cut_with_a_marker():
    """A config that holds itself must not end the program."""
    value = {"a": [1]}
    value["a"].append(value)
    assert to_json_value(value) == {"a": [1, json_values.RECURSIVE]}


def test_shared_structures__converted__are_not_taken_for_recursion():
    """The same list at two places is no cycle."""
    shared = [1]
    assert to_json_value([shared, {"b": shared}]) == [[1], {"b": [1]}]


def test_deep_and_wide_structures__converted__are_cut(monkeypatch):
    """Depth would end in a RecursionError, a doubled list in more nodes than memory holds."""
    deep = []
    for _ in range(10_000):
        deep = [deep]
    assert json_values.TOO_DEEP in dumps(deep)
    monkeypatch.setattr(json_values, "MAX_CONTAINERS", 1000)  # the real limit takes seconds to reach
    wide = [1]
    for _ in range(16):
        wide = [wide, wide]
    assert dumps(wide).count("[") <= 1000


def test_end_of_the_stack__converted__gives_a_marker():
    """The user may log from within a deep recursion of his own."""

    def descend():
        try:
            return descend()
        except RecursionError:
            return to_json_value([[[{"a": 1}]]]), dumps([[[{"a": 1}]]])

    value, text = descend()
    json.loads(text)
    assert isinstance(value, (list, str))


def test_hostile_objects__converted__become_text():
    """Logging must survive any object; the name of its type is the least that can be said."""

    class NoItem:
        dtype, shape = "f", (1,)

        def item(self):
            raise RuntimeError("on another device")

        def __str__(self):
            return "a thing"

    class BadMapping(collections.UserDict):
        def items(self):
            raise KeyError("gone")

        def __str__(self):
            return "bad mapping"

    assert to_json_value({"a": Hostile()})["a"].endswith("Hostile object>")
    assert to_json_value(NoItem()) == "a thing"
    assert to_json_value(BadMapping()) == "bad mapping"
    assert isinstance(to_json_value(mock.MagicMock()), str)
    assert to_key(Hostile()).endswith("Hostile object>")
    assert to_json_value({Hostile(): 1, "b": 2})["b"] == 2


def test_long_text_of_an_unknown_object__is_cut_and_a_users_string_is_not():
    """A printed model may have megabytes, but text that the user logs is his own."""

    class Long:
        def __str__(self):
            return "x" * 50_000

    assert len(text_of(Long())) == json_texts.MAX_TEXT
    assert text_of(Long()).endswith("...")
    assert len(to_json_value("x" * 50_000)) == 50_000


def test_iterators_and_huge_ranges__converted__are_not_consumed():
    """Reading a user's generator would change his program, and some never end."""
    generator = (number for number in range(3))
    assert to_json_value(generator).startswith("<generator")
    assert list(generator) == [0, 1, 2]
    assert to_json_value(range(10**12)) == "range(0, 1000000000000)"


def test_logged_objects__after_conversion__can_die():
    """A tracker that keeps tensors alive fills the memory of the GPU."""

    class Thing(list):
        pass

    things = [Thing([1]), Hostile(), Point(y=Thing())]
    watched = [weakref.ref(thing) for thing in things]
    to_json_value(things)
    dumps({"a": things})
    del things
    gc.collect()
    assert [ref() for ref in watched] == [None] * 3


def test_import__in_a_bare_interpreter__takes_no_heavy_module_along():
    """The module loads with `import wandb`, whose time is what people notice first."""
    code = "import sys; old = set(sys.modules); import wandb.sdk.lib.json_values; print(*set(sys.modules) - old)"
    path = [str(pathlib.Path(json_values.__file__).parents[3])]
    program = f"import sys; sys.path[:0] = {path!r}; {code}"
    loaded = subprocess.run([sys.executable, "-S", "-c", program], stdout=subprocess.PIPE, check=True, timeout=60)
    assert not {"json", "re", "numpy", "typing", "enum", "dataclasses"} & set(loaded.stdout.decode().split())


def test_numpy_values__converted__are_plain():
    """Metrics come out of numpy more often than out of Python."""
    np = pytest.importorskip("numpy")
    for value, expected in [
        (np.float32(0.5), 0.5),
        (np.float16(0.1), 0.0999755859375),
        (np.float64("inf"), math.inf),
        (np.longdouble(1.5), 1.5),
        (np.int8(-3), -3),
        (np.bool_(True), True),
        (np.str_("a"), "a"),
        (np.bytes_(b"a"), "a"),
        (np.complex64(1 + 2j), "1+2j"),
        (np.datetime64("2020-01-01"), "2020-01-01"),
        (np.datetime64("NaT"), None),
        (np.array(3.0), 3.0),
        (np.array([[3]]), 3),
        (np.array([]), []),
        (np.arange(32), list(range(32))),
        (np.ones((2, 2)), [[1.0, 1.0], [1.0, 1.0]]),
        (np.array([1, "a"], dtype=object), [1, "a"]),
        (np.array(["2020-01-01", "NaT"], dtype="datetime64[D]"), ["2020-01-01", None]),
        (np.array(["a"] * 40), ["a"] * 40),
        ({np.int64(4): np.float32(1)}, {"4": 1.0}),
    ]:
        result = to_json_value(value)
        assert result == expected, value
        assert type(result) is type(expected), value
    assert json.loads(dumps(np.array([1.0, math.nan])))[0] == 1.0


def test_times_of_numpy__converted__have_their_form():
    """Upstream's: a whole number for what Python has no time for; in the config an array's one item as numpy writes it."""
    np = pytest.importorskip("numpy")
    for value, row, config in [
        (np.timedelta64(3, "s"), "PT3S", "0:00:03"),
        (np.timedelta64(7, "ns"), 7, 7),
        (np.timedelta64(5, "M"), 5, 5),
        (np.timedelta64("NaT"), None, None),
        (np.array([1, 3], "m8[s]"), ["PT1S", "PT3S"], ["0:00:01", "0:00:03"]),
        (np.array(["NaT", 3], "m8[ns]"), [None, 3], [None, 3]),
        (np.array([[3]], "m8[s]"), "PT3S", "3 seconds"),
        (np.array(3, "m8[ns]"), 3, "3 nanoseconds"),
        (np.arange(40).astype("m8[s]"), [f"PT{second}S" for second in range(40)], str(np.arange(40))),
        (np.datetime64("2020-01-02T03:04:05"), "2020-01-02T03:04:05", "2020-01-02 03:04:05"),
        (np.datetime64("2020-01-02", "ns"), 1577923200000000000, 1577923200000000000),
        (np.datetime64("20000-01-01", "s"), 568971820800, 568971820800),
        (np.array(["2020-01-02"] * 2, "M8[s]"), ["2020-01-02T00:00:00"] * 2, ["2020-01-02T00:00:00"] * 2),
        (np.array(["2020-01-02"], "M8[s]"), "2020-01-02T00:00:00", "2020-01-02T00:00:00"),
        (np.array(["2020-01", "2020-02"], "M8[M]"), ["2020-01-01", "2020-02-01"], ["2020-01-01", "2020-02-01"]),
        ([np.timedelta64(3, "s"), np.timedelta64(7, "ns")], ["PT3S", 7], ["0:00:03", 7]),
    ]:
        assert (to_json_value(value), to_json_value(value, for_config=True)) == (row, config), value


def test_times_of_pandas__converted__are_texts_in_series_of_any_length():
    """Their items know their nanoseconds."""
    pd = pytest.importorskip("pandas")
    for count in (1, 2, 40):
        moments = pd.Series(pd.date_range("2020-01-02", periods=count)).astype("datetime64[ns]")
        spans = pd.Series(pd.timedelta_range("1s", periods=count, freq="s")).astype("timedelta64[ns]")
        first = datetime.datetime(2020, 1, 2)
        days = [(first + datetime.timedelta(days=day)).isoformat() for day in range(count)]
        assert to_json_value(moments) == (days if count > 1 else days[0])
        seconds = [f"PT{second + 1}S" for second in range(count)]
        assert to_json_value(spans) == (seconds if count > 1 else seconds[0])


def test_large_numpy_arrays__converted__become_histograms_in_rows_and_text_in_config():
    """Upstream draws a histogram of 32 bins from any array of more than 32 numbers."""
    np = pytest.importorskip("numpy")
    histogram = to_json_value(np.arange(33))
    assert histogram["_type"] == "histogram"
    assert histogram["values"] == [1] * 31 + [2]
    assert histogram["bins"] == [float(edge) for edge in range(33)]
    assert to_json_value(np.arange(33), for_config=True).startswith("[ 0  1")
    assert sum(to_json_value(np.array([True] * 40))["values"]) == 40
    assert len(to_json_value(np.full((10_000, 10), "a"))) <= json_texts.MAX_TEXT


@pytest.mark.filterwarnings("ignore:Casting complex values")
def test_large_arrays_of_complex_numbers__converted__become_histograms_with_texts_as_edges():
    """As upstream has them; what is not finite is in no bin."""
    np = pytest.importorskip("numpy")
    histogram = to_json_value(np.append(np.arange(33) * 1j, [math.nan]))
    assert histogram["_type"] == "histogram" and sum(histogram["values"]) == 33
    assert histogram["bins"][0] == "0j" and histogram["bins"][-1] == "32j"
    assert dumps(np.arange(33) * 1j)


def test_large_arrays_with_nan__converted__count_the_finite_numbers():
    """A gradient with NaN in it raises in numpy's own histogram, which would end the training."""
    np = pytest.importorskip("numpy")
    assert sum(to_json_value(np.array([np.nan, np.inf] + [1.0] * 40))["values"]) == 40
    assert to_json_value(np.full(40, np.nan)) == "<40 values, none of them finite>"


def test_torch_values__converted__are_plain():
    """Losses are tensors, often of bfloat16, with a graph behind them."""
    torch = pytest.importorskip("torch")
    for value, expected in [
        (torch.tensor(1.5, requires_grad=True), 1.5),
        (torch.tensor([[2]]), 2),
        (torch.tensor(True), True),
        (torch.tensor(1.5, dtype=torch.bfloat16), 1.5),
        (torch.tensor([1.5, 2], dtype=torch.bfloat16), [1.5, 2.0]),
        (torch.nn.Parameter(torch.ones(2)), [1.0, 1.0]),
        (torch.eye(2).to_sparse(), [[1.0, 0.0], [0.0, 1.0]]),
        (torch.tensor(1 + 2j), "1+2j"),
        (torch.tensor([]), []),
        (torch.Size([1, 2]), [1, 2]),
        (torch.float32, "torch.float32"),
    ]:
        assert to_json_value(value) == expected, value
    assert isinstance(to_json_value(torch.ones(3, device="meta")), str)
    for kind in (torch.float32, torch.bfloat16, torch.float16, torch.int32, torch.bool):
        assert sum(to_json_value(torch.ones(7, 7, dtype=kind))["values"]) == 49
    assert isinstance(to_json_value(torch.ones(7, 7), for_config=True), str)


def test_large_arrays__set_in_the_summary__become_their_statistics():
    """As upstream's client writes them, with the array's own precision; in rows they are histograms."""
    numpy = pytest.importorskip("numpy")
    array = numpy.arange(40, dtype="float32").reshape(5, 8) / 7
    expected = {
        "_type": "numpy.ndarray",
        "var": array.var().item(), "mean": array.mean().item(), "min": 0.0, "max": array.max().item(),
        **{f"{percent}%": numpy.percentile(array, percent).item() for percent in (10, 25, 75, 90)},
        "size": 40,
    }  # fmt: skip
    assert to_json_value({"a": [array]}, for_summary=True) == {"a": [expected]}
    assert to_json_value(array)["_type"] == "histogram"
    assert to_json_value(array[0], for_summary=True) == array[0].tolist()
    assert to_json_value(numpy.array([math.nan] * 50), for_summary=True)["size"] == 50
    assert to_json_value(array > 1, for_summary=True)["_type"] == "histogram"


def test_large_tensors__in_summary_and_config__are_named_and_printed_as_by_upstream():
    """A tensor's statistics have its own name; its printed form is that of its numbers."""
    torch = pytest.importorskip("torch")
    tensor = torch.arange(40.0, requires_grad=True)
    assert to_json_value(tensor, for_summary=True)["_type"] == "torch.Tensor"
    assert to_json_value(tensor, for_config=True) == str(tensor.detach().numpy())


def test_members_and_moments__set_in_the_summary__are_as_in_the_config_but_in_lists():
    """Upstream's client takes values and mappings for config, and lists for rows."""
    moment = datetime.datetime(2020, 1, 1, tzinfo=UTC)
    found = to_json_value({"a": Colour.RED, "b": {"c": moment}, "d": [Colour.RED, moment]}, for_summary=True)
    name, text = "2020-01-01T00:00:00+00:00", "2020-01-01T00:00:00Z"
    assert found == {"a": "RED", "b": {"c": name}, "d": ["r", text]}


def test_complex_numbers_and_frozen_sets__for_who_has_set_them__stay_what_they_are():
    """A program goes on computing with them; the record has their text and their items."""
    value = {"a": 1 + 2j, "b": [frozenset({2, 1})], "c": frozenset({(1, 2)})}
    assert to_json_value(value, for_config=True, named=json_values.kept_key) == {**value, "c": [[1, 2]]}
    assert to_json_value(value, for_config=True) == {"a": "1+2j", "b": [[1, 2]], "c": [[1, 2]]}


def test_regular_expressions__in_rows_and_config__are_their_pattern_and_their_text():
    """As the public format has them."""
    assert to_json_value(re.compile("a+")) == "a+"
    assert to_json_value(re.compile("a+"), for_config=True) == "re.compile('a+')"


def test_dataclass__without_one_of_its_fields__has_the_others():
    """`init=False` fields may never be set."""

    @dataclasses.dataclass
    class Late:
        a: int = 1
        b: int = dataclasses.field(init=False)

    assert to_json_value(Late()) == {"a": 1}


def test_torch_tensor__after_conversion__can_die():
    """Its graph holds the activations of a whole batch."""
    torch = pytest.importorskip("torch")
    tensor = (torch.ones(40, requires_grad=True) * 2).sum()
    watched = weakref.ref(tensor)
    to_json_value({"loss": tensor, "again": [tensor]})
    del tensor
    assert watched() is None


def test_omegaconf_containers__converted__are_resolved():
    """Hydra programs hand their configuration over as it is."""
    OmegaConf = pytest.importorskip("omegaconf").OmegaConf
    container = OmegaConf.create({"a": 1, "b": {"c": [1, 2]}, "r": "${a}", "m": "???"})
    assert to_json_value(container) == {"a": 1, "b": {"c": [1, 2]}, "r": 1, "m": "???"}
    assert to_json_value({"x": OmegaConf.create([1, 2])}) == {"x": [1, 2]}
    assert to_json_value(OmegaConf.create({"bad": "${gone}"})) == {"bad": "${gone}"}


@pytest.mark.parametrize("kind", ["float64", "float32", "float16", "longdouble"])
def test_numpy_array__with_extreme_values__is_a_histogram_without_a_warning(kind, recwarn):
    """numpy would warn on the user's stderr, and its edges would be no numbers."""
    numpy = pytest.importorskip("numpy")
    limit = min(float(numpy.finfo(kind).max), 1e308)
    array = numpy.array([-limit, limit, 0.0, numpy.nan, numpy.inf] * 10, dtype=kind)
    value = to_json_value(array)
    assert sum(value["values"]) == 30 and len(value["bins"]) == 33
    assert all(type(edge) is float and math.isfinite(edge) for edge in value["bins"])
    assert value["bins"][0] == pytest.approx(-limit) and value["bins"][-1] == pytest.approx(limit)
    assert not recwarn.list
