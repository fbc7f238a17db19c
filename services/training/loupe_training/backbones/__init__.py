"""Networks that are pretrained on ImageNet, as chains of stages that end in feature maps.

The mean of the feature maps over all places is the embedding; a linear head on it gives the labels' scores. So the
class-activation map (Zhou et al., 2016) is exact for every backbone: the feature maps, weighted by a row of the head.
"""

from loupe_training.backbones.backbone import FROM_SCRATCH, PUBLISHED, Backbone
from loupe_training.backbones.lite import EFFICIENTNET_LITE0
from loupe_training.backbones.vision import VISION

BACKBONES = {backbone.name: backbone for backbone in (EFFICIENTNET_LITE0, *VISION)}

__all__ = ["BACKBONES", "FROM_SCRATCH", "PUBLISHED", "Backbone"]
