"""A plugin of pytest's: LLenergyMeasure's own tests get our ManifestWriter."""

from study_checkpoint import llenergymeasure

llenergymeasure.install()
