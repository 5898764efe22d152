"""`snakemake --logger study`: Snakemake finds a logger plugin by the name of its package.

What it does is in `study_checkpoint.snakemake`.
"""

from study_checkpoint.snakemake import LogHandler, LogHandlerSettings

__all__ = ["LogHandler", "LogHandlerSettings"]
