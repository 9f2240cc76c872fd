"""`import wandb` and then `import ipdb`: the debugger must get the prompt_toolkit that it was installed with."""

import wandb  # noqa: F401  the order is the scenario
import ipdb
import prompt_toolkit.formatted_text

print(ipdb.__name__, prompt_toolkit.formatted_text.__name__)
