"""What of a program's arguments is a secret, and what only sounds like one."""

from __future__ import annotations

from typing import List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wandb.masking import MASK, masked_arguments
from wandb.settings_fields import without_credentials

HEX = "0123456789abcdef" * 2 + "01234567"


@pytest.mark.parametrize(
    ("given_arguments", "recorded"),
    [
        (["--wandb_key", "XXXXX", "--lr", "0.1"], ["--wandb_key", MASK, "--lr", "0.1"]),
        ([f"--api-key={HEX}", HEX, f"local-{HEX}"], [f"--api-key={MASK}", MASK, MASK]),
        (["x", "wandb_v1_" + "Ab1_" * 10], ["x", MASK]),
        (["--db.password", "a b", "--hubToken=hf_A1"], ["--db.password", MASK, f"--hubToken={MASK}"]),
        (["logger.api_key=Xy1", "--set=m.secret=a,b"], [f"logger.api_key={MASK}", f"--set=m.secret={MASK}"]),
        (['{"api_key": "a b", "lr": 1}'], [f'{{"api_key": "{MASK}", "lr": 1}}']),
        (["https://u:p@h/x?token=A1&x=1"], [f"https://{MASK}@h/x?token={MASK}&x=1"]),
        ([f"sweep={HEX}"], [f"sweep={MASK}"]),
    ],
)
def test_arguments__with_secrets__have_asterisks_in_their_place(given_arguments: List[str], recorded: List[str]) -> None:
    """Whoever may see the run must not get its keys with it, and still see how it was started."""
    assert masked_arguments(given_arguments) == recorded


def test_arguments__that_only_sound_like_secrets__are_recorded_as_they_are() -> None:
    """They are what makes the run: special tokens, names of columns, limits, commits."""
    arguments = ["--max_tokens", "128", "--pad_token", "<pad>", "--mask_token=[MASK]", "--image_key", "pixel_values"]
    arguments += ["--tokenizer", "bert-base-v2", "--key=42", "--password-file", "/run/p1", "--use_token", "true", "--api-key"]
    arguments += ["--revision", HEX, f"--git.commit={HEX}", f"/cache/snapshots/{HEX}/m", f"org/model@{HEX}", "ssh://git@h/x"]
    assert masked_arguments(arguments) == arguments


def test_address__with_a_token_in_its_query__has_asterisks_in_its_place() -> None:
    """Some hosts of repositories take it there."""
    assert without_credentials("https://u:p@h/x.git?private_token=aB1&ref=main") == f"https://h/x.git?private_token={MASK}&ref=main"
    assert without_credentials("git@h:x.git") == "git@h:x.git"


@given(st.lists(st.tuples(st.sampled_from(["", "--key", "--token=", "a=", "://", "@", HEX, "?key=x"]), st.text()).map("".join)))
def test_arguments__of_any_text__stay_as_many(arguments: List[str]) -> None:
    """No program fails because of how it is called."""
    assert len(masked_arguments(arguments)) == len(arguments)


@pytest.mark.parametrize("part", ["a=", "a ", "://", '"a":', "?a&", "key: ", ".", "key='", "wandb_v1_", "aB", "<", "a.", "="])
def test_arguments__as_long_as_a_system_takes_them__are_no_deep_recursion(part: str) -> None:
    """Commands that are written by programs may be as long as 128 KiB an argument."""
    text = part * (130_000 // len(part))
    assert len(masked_arguments([text, "--key", text, f"--key={text}"])) == 4
