"""A planar mesh that can only be cut from vertex to vertex, so that its faces are always a valid coverage.

Every edge is densified when it is made and a cut starts and ends at vertices that are already there. A face
therefore never gets a vertex that its neighbour lacks, and no noding or snapping is needed afterwards.

Coordinates are metres in a local plane, rounded to centimetres. No trigonometry is used: square roots and the
four operations are the same to the bit on every machine, sines are not.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import shapely

Floats = npt.NDArray[np.float64]
Ring = list[int]
SPACING_M = 17.0


def unit(vector: Floats) -> Floats:
    """Scale a 2-vector to length one."""
    return np.asarray(vector / np.sqrt(vector[0] * vector[0] + vector[1] * vector[1]), dtype=np.float64)


def turned(direction: Floats, slope: float) -> Floats:
    """Turn a unit vector to the left by the angle whose tangent is ``slope``."""
    return unit(np.array([direction[0] - slope * direction[1], direction[1] + slope * direction[0]]))


@dataclass(slots=True)
class Road:
    """A road's centre line as vertex numbers, its class and its whole width in metres (0: a wall, no road)."""

    line: list[int]
    kind: str
    width_m: float
    name: str = ""


@dataclass(slots=True)
class Mesh:
    """Vertices of one plane, shared by all faces cut from it. Faces are counter-clockwise rings of vertex numbers."""

    points: list[tuple[float, float]] = field(default_factory=list)
    bent: list[bool] = field(default_factory=list)
    junction: list[bool] = field(default_factory=list)
    roads: list[Road] = field(default_factory=list)

    def add_point(self, x: float, y: float, *, bent: bool = False, junction: bool = False) -> int:
        """Add a vertex; ``bent`` marks one that shapes a curve, others may be dropped where a line runs straight."""
        self.points.append((round(x, 2), round(y, 2)))
        self.bent.append(bent)
        self.junction.append(junction)
        return len(self.points) - 1

    def add_line(self, start: int, end: int, *, bow_m: float = 0.0, sway_m: float = 0.0) -> list[int]:
        """Join two vertices by a densified line; ``bow_m`` curves it to the left, ``sway_m`` makes an S of it."""
        a, b = np.array(self.points[start]), np.array(self.points[end])
        span = b - a
        length = float(np.sqrt(span @ span))
        count = max(1, round(length / SPACING_M))
        self.junction[start] = self.junction[end] = True
        if count == 1:
            return [start, end]
        t = np.arange(1, count) / count
        left = np.array([-span[1], span[0]]) / length
        offset = bow_m * 4 * t * (1 - t) + sway_m * 10.4 * t * (1 - t) * (1 - 2 * t)
        inner = a + t[:, None] * span + offset[:, None] * left
        curved = bow_m != 0 or sway_m != 0
        return [start, *(self.add_point(x, y, bent=curved) for x, y in inner.tolist()), end]

    def coordinates(self, ring: Ring) -> Floats:
        """The vertices of a ring, shape (n, 2), metres."""
        return np.array([self.points[i] for i in ring])

    def polygon(self, ring: Ring) -> shapely.Polygon:
        """A face as a polygon with all its vertices."""
        return shapely.Polygon(self.coordinates(ring))

    def split(self, ring: Ring, share: float, normal: Floats, bow: float) -> tuple[Ring, Ring, list[int]]:
        """Cut a face across ``normal`` so that the first part holds about ``share`` of its area.

        ``bow`` is the curve's height as a share of its length. Returns the part behind the cut (seen along the
        normal), the part ahead, and the cut's line.
        """
        xy = self.coordinates(ring)
        along = xy @ normal
        across = xy @ np.array([-normal[1], normal[0]])
        distance = along - _offset_of_share(along, across, share)
        face = shapely.Polygon(xy)
        low, high = sorted(self._cut_ends(ring, xy, distance, across))
        line = self._line_inside(face, ring[low], ring[high], bow)
        one = ring[low : high + 1] + line[-2:0:-1]
        other = ring[high:] + ring[:low] + line[:-1]
        # The shorter of the two chains of old vertices tells on which side its part lies.
        behind_first = float(distance[low + 1 : high].mean()) < float(np.delete(distance, np.s_[low : high + 1]).mean())
        return (one, other, line) if behind_first else (other, one, line)

    def _line_inside(self, face: shapely.Polygon, start: int, end: int, bow: float) -> list[int]:
        """A line between two vertices of a face, curved if the curve stays inside."""
        chord = np.array(self.points[end]) - np.array(self.points[start])
        before = len(self.points)
        line = self.add_line(start, end, bow_m=bow * float(np.sqrt(chord @ chord)))
        if bow and not face.covers(shapely.LineString(self.coordinates(line))):
            del self.points[before:], self.bent[before:], self.junction[before:]
            return self.add_line(start, end)
        return line

    def _cut_ends(self, ring: Ring, xy: Floats, distance: Floats, across: Floats) -> tuple[int, int]:
        """Two vertices near the cut, on both sides of the face, whose straight join runs inside it.

        Junctions are preferred, so that roads meet in crossings. A concave face may be crossed more than twice: the
        longest way through it counts.
        """
        count = len(ring)
        crossing = np.flatnonzero((distance > 0) != (np.roll(distance, -1) > 0))
        crossing = crossing[np.argsort(across[crossing], kind="stable")]
        widths = np.diff(across[crossing])[::2]
        pair = 2 * int(np.argmax(widths))
        near = [[(int(edge) + step) % count for step in (-1, 0, 1, 2)] for edge in crossing[pair : pair + 2]]
        costs = [
            [abs(float(distance[i])) - (14.0 if self.junction[ring[i]] else 0.0) for i in vertices] for vertices in near
        ]
        options = sorted((costs[0][a] + costs[1][b], near[0][a], near[1][b]) for a in range(4) for b in range(4))
        face = shapely.Polygon(xy)
        for _, first, second in options:
            if min((first - second) % count, (second - first) % count) < 2:
                continue
            chord = shapely.LineString(xy[[first, second]])
            if face.covers(chord) and shapely.relate_pattern(chord, face, "1********"):
                return first, second
        raise ValueError("a face too small or too crooked to cut")


def _offset_of_share(along: Floats, across: Floats, share: float) -> float:
    """Where to cut so that ``share`` of the area lies behind, by bisection.

    Clamping the coordinate along the axis squashes the part ahead of the cut flat, so that the shoelace formula
    gives the area behind it.
    """
    ahead_across = np.roll(across, -1)

    def behind(offset: float) -> float:
        clamped = np.minimum(along, offset)
        return abs(float(np.sum(clamped * ahead_across - np.roll(clamped, -1) * across)))

    low, high = float(along.min()), float(along.max())
    wanted = share * behind(high)
    for _ in range(12):
        middle = (low + high) / 2
        low, high = (middle, high) if behind(middle) < wanted else (low, middle)
    return (low + high) / 2


def kept_vertices(mesh: Mesh, faces: list[Ring]) -> npt.NDArray[np.bool_]:
    """Mark the vertices that shape the faces: those of curves and those where three or more edges meet.

    The rest lie on straight lines and may be dropped from all faces alike without opening a gap.
    """
    ends = np.concatenate([np.column_stack((face, np.roll(face, -1))) for face in faces])
    edges = np.unique(np.sort(ends, axis=1), axis=0)
    degree = np.bincount(edges.ravel(), minlength=len(mesh.points))
    return np.asarray((degree >= 3) | np.array(mesh.bent), dtype=np.bool_)
