"""From the logs of a run to what people and servers see; the same code live and later."""
