"""Colours and other attributes of text on a terminal (SGR sequences, ECMA-48 8.3.117), as `terminal_line` keeps them.

Each combination is one character, so a line's styles are a string as long as its cells. Used where the colours of
output.log are kept; otherwise nobody makes a Style.
"""

from __future__ import annotations

import re

PLAIN = "\0"
_LONGEST = 256  # parameters of one sequence; terminals take some 30 numbers
_MOST_STYLES = 0xD000  # as many as there are characters below the surrogates

_sequences = [""]  # by the code of the character
_characters = {"": PLAIN}

# What switches an attribute off again, and the attributes that it concerns.
_OFF = {"22": ("1", "2"), "23": ("3",), "24": ("4", "21"), "25": ("5", "6"), "27": ("7",), "28": ("8",), "29": ("9",)}
_OFF.update({"39": ("fg",), "49": ("bg",), "59": ("underline",), "55": ("53",)})
_SGR = re.compile(r"[0-9;:]*")
_LONG_COLOR = re.compile(r"[345]8(?:;0*5;\d+|;0*2;\d+;\d+;\d+|:[0-9:]+)(?=;|$)")
_LONG = {"38": "fg", "48": "bg", "58": "underline"}


class Style:
    """The attributes that are switched on; `character` stands for them all."""

    def __init__(self) -> None:
        self._on: dict[str, str] = {}
        self.character = PLAIN

    def apply(self, parameters: str) -> None:
        """Take in the parameters of one SGR sequence; what is unknown or malformed changes nothing."""
        if len(parameters) > _LONGEST or not _SGR.fullmatch(parameters):
            return  # of another sequence that ends with `m`, such as xterm's own
        numbers = parameters.split(";")
        while numbers:
            number = numbers.pop(0).lstrip("0")
            head = number.partition(":")[0]
            if not number:
                self._on.clear()
            elif head in _LONG:
                long = number if head != number else f"{number};{';'.join(numbers)}"
                match = _LONG_COLOR.match(long)
                if match is None:
                    break  # nobody can tell where it ends
                self._on[_LONG[head]] = match.group()
                del numbers[: match.group().count(";")]
            elif number in _OFF:
                for attribute in _OFF[number]:
                    self._on.pop(attribute, None)
            elif number == "4:0":
                self._on.pop("4", None)
            elif head == "4" or number in ("1", "2", "3", "5", "6", "7", "8", "9", "21", "53"):
                self._on[head] = number
            elif len(number) in (2, 3) and number[-1] in "01234567" and number[:-1] in ("3", "9", "4", "10"):
                self._on["fg" if number[:-1] in ("3", "9") else "bg"] = number
        self.character = _character_of(";".join(self._on.values()))


def _character_of(attributes: str) -> str:
    known = _characters.get(attributes)
    if known is None:
        if len(_sequences) >= _MOST_STYLES or len(attributes) > 200:
            return PLAIN
        known = _characters[attributes] = chr(len(_sequences))
        _sequences.append(f"\x1b[{attributes}m")
    return known


def styled(character: str, text: str) -> str:
    """The text between the sequences that switch this style on and off again."""
    return f"{_sequences[ord(character)]}{text}\x1b[0m" if character != PLAIN else text
