"""Two nested tqdm bars, then text."""

from support import begin
from tqdm import tqdm

begin()
for _ in tqdm(range(3), desc="outer", bar_format="{desc} {n_fmt}/{total_fmt}", mininterval=0):
    for _ in tqdm(range(4), desc="inner", leave=False, bar_format="{desc} {n_fmt}/{total_fmt}", mininterval=0):
        pass
print("after")
