"""Live commentary on a robot's camera: frames in, text and speech out, steered in mid-sentence."""

from __future__ import annotations

from pkgutil import extend_path

# The build installs the generated msg/ and srv/ into a package of this same name; without
# this line, code run from the source tree would not find them (rosidl_python#141).
__path__ = extend_path(__path__, __name__)

__version__ = "0.1.0"
