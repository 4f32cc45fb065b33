# ruff: noqa: N803 - constants of a kernel are written in capitals
# mypy: disable-error-code="no-untyped-def,untyped-decorator,no-untyped-call,unused-ignore"
"""Finding and ordering the largest logits within Triton kernels.

A logit and its id make one integer whose order is that of the logits, the smaller id first among
equal ones. So they are sorted together, and always in the same way.
"""

from __future__ import annotations

import triton
import triton.language as tl


def sorted_size(k: int) -> int:
    """Return how many logits to sort at once for the `k` largest: rarely more reach the bound."""
    return max(32, triton.next_power_of_2(k + k // 4))


@triton.jit
def ordered(x):
    """Map float32 `x` to int32 of the same order."""
    bits = x.to(tl.int32, bitcast=True)
    return bits ^ ((bits >> 31) & 0x7FFFFFFF)


@triton.jit
def lower_bound(values, k):
    """Return an ordered value that at least `k` of `values` reach, if there are as many.

    It is their k-th largest rounded down to the leading 16 bits: its sign, its exponent and 7 bits
    behind. The search over all 32 would take twice as long and leave hardly fewer.
    """
    one = tl.full([], 1, tl.int32)
    bound = one << 31
    for i in range(16):
        trial = bound ^ (one << (31 - i))
        bound = tl.where(tl.sum((values >= trial).to(tl.int32), 0) >= k, trial, bound)
    return bound


@triton.jit
def with_id(values, ids):
    """Join ordered `values` and `ids` to int64."""
    return (values.to(tl.int64) << 32) | (0x7FFFFFFF - ids).to(tl.int64)


@triton.jit
def without_id(keys):
    """Return the float32 values of `keys`."""
    values = (keys >> 32).to(tl.int32)
    return (values ^ ((values >> 31) & 0x7FFFFFFF)).to(tl.float32, bitcast=True)


@triton.jit
def id_of(key):
    """Return the id of `key`."""
    return 0x7FFFFFFF - (key & 0x7FFFFFFF).to(tl.int32)


@triton.jit
def load_largest(keys_ptr, count, SIZE: tl.constexpr):
    """Load the SIZE largest of `count` keys, largest first; the smallest int64 fills the rest."""
    keys = tl.full([SIZE], -0x8000000000000000, tl.int64)
    for start in range(0, count, SIZE):
        offs = start + tl.arange(0, SIZE)
        # .cg: what other programs wrote is in L2, not in this program's L1
        more = tl.load(
            keys_ptr + offs, mask=offs < count, other=-0x8000000000000000, cache_modifier=".cg"
        )
        # of a falling and a rising sequence, the larger at each place are the largest of both; they
        # rise after they fall, so that merging sorts them
        keys = tl.bitonic_merge(tl.maximum(keys, tl.sort(more)), descending=True)
    return keys


@triton.jit
def draw(probs, uniform, SIZE: tl.constexpr):
    """Return the place of one of `probs` [SIZE], as likely as it is large; never of a zero.

    `uniform`: a number from 0 to 1 that decides.
    """
    places = tl.arange(0, SIZE)
    cumulative = tl.cumsum(probs, 0)
    target = uniform * tl.max(cumulative, 0)
    possible = probs > 0
    chosen = tl.min(tl.where(possible & (cumulative > target), places, SIZE), 0)
    # if rounding leaves none
    return tl.minimum(chosen, tl.max(tl.where(possible, places, 0), 0))
