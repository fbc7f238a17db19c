"""What several commands of models have in common."""

from typing import Annotated

import typer

ModelArgument = Annotated[str, typer.Argument(metavar="MODEL", help="Name of a model.")]
VersionArgument = Annotated[int, typer.Argument(metavar="VERSION", min=1, help="Number of a version.")]
WhyOption = Annotated[str, typer.Option("--why", "-w", metavar="TEXT", help="The reason, which is kept.")]
NewLabelsOption = Annotated[bool, typer.Option("--new-labels", help="It is meant to have other labels.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Whatever speaks against it. That is noted.")]
