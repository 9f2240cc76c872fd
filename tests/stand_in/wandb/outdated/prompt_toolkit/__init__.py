"""An outdated prompt_toolkit: it has no `formatted_text`, which today's IPython imports."""
