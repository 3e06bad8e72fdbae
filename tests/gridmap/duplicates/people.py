"""Invented people in households, and the ways in which somebody gets into a register a second time.

Every person has a truth: the number of the one who is meant. Faults are small functions of a record; those of
`DEVELOPED` were looked at while the weights were set, those of `HELD_OUT` were written before and only counted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from random import Random

from pypinyin import lazy_pinyin

from gridmap.residents.rules import id_check_character

SURNAMES = "陈王吴林李符周黄张韩冯郑云邢刘梁许蔡潘何郭杨曾朱谢邓叶苏卢钟罗唐欧文孙赵徐马胡高"
SURNAME_SHARES = (10, 8, 7, 7, 6, 7, 4, 6, 4, 2, 3, 2, 1, 2, 3, 2, 1, 1, 1, 2, 1, 2, 1, 1) + (1,) * 16
GIVEN = (
    "明华国强建军德仁海生文光志平福财永安学业雄庆忠义昌兴和贵辉伟良清才振宏世英家川浩宇轩泽子俊杰鑫嘉豪博睿涛峰鹏翔凯铭思远"
    "承恩天佑晨阳皓然健骏逸玉秀兰春梅桂花丽珍美琼爱娇惠芳月娥燕凤霞金莲素贞彩红翠香淑婷雨欣梓涵诗琪佳怡颖晓雯静雅可馨紫萱慧"
    "琳梦洁依诺语乐悦彤波斌刚勇超磊洋帆飞龙虎彪林森木水河江湖山石云雪冰霜松柏竹菊荷芬萍蓉薇蕾娜妮娟婉妍姗媛倩雪莹璐瑶珊珠"
    "瑞祥祺福禄寿康宁乾坤元亨利贞毅恒诚信礼智勤俭谦敏捷达通顺畅旺盛荣耀辰星昊昕旭晖景煜炜烨灿"
)
NEWEST = date(2025, 12, 1)
"""Nobody is born later."""
PREFIXES = ("460100", "460106", "460107", "460108", "460003", "469006", "440803", "430522", "511623")
SHAPE_PAIRS = (
    "晴睛清请辉挥伟纬杰然宇字己已林森峰锋梅海娜那婷停佳住晨辰阳阴志忘思恩承丞智知英央洁浩浩洁莹营博搏"
    "涛祷永水天夫玉王飞气超起丽俪慧彗鹏鹃诗持俊峻健建倩情祥详达迖春眷秀季金全花化敏梅盛成贵责财材桂佳"
    "昌吕旭九"
)
DIALECT_PAIRS = "宁林林宁山尚珊商振曾思诗诗思龙农兰南丽妮乐诺花发海开星心生森森生成陈珠租"
SURNAME_PAIRS = "陈程王汪吴武张章李黎许徐徐许朱诸于余梁良符付黄皇周邹冯封钟忠叶业何河"


def paired(text: str) -> dict[str, str]:
    """What is written for what: each second character for the one before it."""
    return dict(zip(text[::2], text[1::2], strict=True))


SHAPES, DIALECT, SURNAME_SOUNDS = paired(SHAPE_PAIRS), paired(DIALECT_PAIRS), paired(SURNAME_PAIRS)


@dataclass(frozen=True)
class Record:
    """One row: who is meant (``truth``), and what is written. ``home`` and ``household`` are numbers of places."""

    truth: int
    name: str
    sex: str
    born: date
    number: str | None
    phone: str | None
    home: int
    household: str
    relationship: str
    fault: str = ""


Fault = Callable[[Record, Random], Record | None]
"""Writes a record wrongly; ``None`` where the fault cannot happen to it."""


def number_of(born: date, sex: str, prefix: str, sequence: int) -> str:
    """A sound number; the sequence is made odd for men and even for women."""
    body = f"{prefix}{born:%Y%m%d}{sequence // 2 * 2 % 1000 + (sex == '1'):03d}"
    return body + id_check_character(body)


def make_people(households: int, random: Random) -> list[Record]:
    """Households of one to six: couples, children, grandparents, some twins and some people of the same name."""
    people: list[Record] = []
    for home in range(households):
        people += _household(home, len(people), random)
    return people


def given_name(random: Random) -> str:
    """One or two characters."""
    return "".join(random.sample(GIVEN, 1 if random.random() < 0.15 else 2))


def twin_of(name: str, random: Random) -> str:
    """A name of the same length that differs in the last character."""
    return name[:-1] + random.choice([character for character in GIVEN if character != name[-1]])


def _household(home: int, first: int, random: Random) -> list[Record]:
    father, mother = random.choices(SURNAMES, SURNAME_SHARES, k=2)
    base = date(1945, 1, 1) + timedelta(days=random.randrange(20_000))
    phone = f"139{random.randrange(10**8):08d}"
    members: list[tuple[str, str, date, str]] = [(father + given_name(random), "1", base, "户主")]
    if random.random() < 0.8:
        members.append((mother + given_name(random), "2", base + timedelta(days=random.randrange(-2000, 2000)), "配偶"))
    generation = random.choice(GIVEN)
    born = base + timedelta(days=365 * 23 + random.randrange(3000))
    for _ in range(random.choices((0, 1, 2, 3), (3, 4, 3, 1))[0]):
        if born > NEWEST:
            break
        sex = random.choice("12")
        name = father + (generation + random.choice(GIVEN) if random.random() < 0.5 else given_name(random))
        members.append((name, sex, born, "子" if sex == "1" else "女"))
        if random.random() < 0.05:
            members.append((twin_of(name, random), sex, born, "子" if sex == "1" else "女"))
        born += timedelta(days=500 + random.randrange(1500))
    if random.random() < 0.15:
        members.append((father + given_name(random), "1", base - timedelta(days=9000 + random.randrange(2000)), "父亲"))
    made = []
    sequence = random.randrange(0, 900)
    prefix = random.choice(PREFIXES)
    for at, (name, sex, day, relationship) in enumerate(members):
        # Twins are registered one after the other; the others anywhere.
        sequence = sequence + 2 if at and members[at - 1][2] == day else random.randrange(0, 900)
        own = number_of(day, sex, prefix, sequence)
        without = random.random() < 0.06
        reached = phone if random.random() < 0.5 else f"138{random.randrange(10**8):08d}"
        made.append(
            Record(first + at, name, sex, day, None if without else own, reached, home, f"H{home}", relationship)
        )
    return made


@cache
def _by_sound() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for character in dict.fromkeys(GIVEN + "敏民杨扬洋瑶遥静婧竞梅媚玫艳雁焱辉晖慧惠卉伟玮炜丽莉利力立霞侠国果强蔷"):
        found.setdefault(lazy_pinyin(character)[0], []).append(character)
    return found


def _replaced(name: str, at: int, character: str) -> str:
    return name[:at] + character + name[at + 1 :]


def name_sound(record: Record, random: Random) -> Record | None:
    """A given character of the same sound."""
    at = random.randrange(1, len(record.name))
    others = [c for c in _by_sound().get(lazy_pinyin(record.name[at])[0], []) if c != record.name[at]]
    return replace(record, name=_replaced(record.name, at, random.choice(others))) if others else None


def name_swapped(record: Record, random: Random) -> Record | None:
    """The two given characters exchanged."""
    name = record.name
    return replace(record, name=name[0] + name[2] + name[1]) if len(name) == 3 and name[1] != name[2] else None


def no_number(record: Record, random: Random) -> Record | None:
    """The number left out."""
    return replace(record, number=None) if record.number else None


def number_digit(record: Record, random: Random) -> Record | None:
    """One character of the number wrong."""
    if record.number is None:
        return None
    at = random.randrange(17)
    digit = random.choice([d for d in "0123456789" if d != record.number[at]])
    return replace(record, number=_replaced(record.number, at, digit))


def number_of_15(record: Record, random: Random) -> Record | None:
    """The number in its old form."""
    if record.number is None or record.born.year >= 2000:
        return None
    return replace(record, number=record.number[:6] + record.number[8:17])


def birth_digit(record: Record, random: Random) -> Record | None:
    """No number, and one digit of the birth date wrong."""
    text = f"{record.born:%Y%m%d}"
    at = random.randrange(2, 8)
    try:
        wrong = date.fromisoformat(_replaced(text, at, random.choice("0123456789")))
    except ValueError:
        return None
    usable = wrong != record.born and date(1920, 1, 1) < wrong < date(2026, 1, 1)
    return replace(record, number=None, born=wrong) if usable else None


def moved(record: Record, random: Random) -> Record | None:
    """No number, and listed in another dwelling."""
    home = random.randrange(10**6) + 10**6
    return replace(record, number=None, home=home, household=f"M{home}")


def moved_with_number(record: Record, random: Random) -> Record | None:
    """Listed in another dwelling, the number complete."""
    home = random.randrange(10**6) + 10**6
    return replace(record, home=home, household=f"M{home}") if record.number else None


def name_shape(record: Record, random: Random) -> Record | None:
    """A character of a similar shape."""
    places = [at for at in range(1, len(record.name)) if record.name[at] in SHAPES]
    if not places:
        return None
    at = random.choice(places)
    return replace(record, name=_replaced(record.name, at, SHAPES[record.name[at]]), number=None)


def name_shorter(record: Record, random: Random) -> Record | None:
    """One of two given characters left out, and no number."""
    if len(record.name) != 3:
        return None
    at = random.choice((1, 2))
    return replace(record, name=record.name[:at] + record.name[at + 1 :], number=None)


def name_dialect(record: Record, random: Random) -> Record | None:
    """A character that sounds alike in the south, and no number."""
    places = [at for at in range(1, len(record.name)) if record.name[at] in DIALECT]
    if not places:
        return None
    at = random.choice(places)
    return replace(record, name=_replaced(record.name, at, DIALECT[record.name[at]]), number=None)


def number_swapped(record: Record, random: Random) -> Record | None:
    """Two neighbours of the number exchanged."""
    if record.number is None:
        return None
    at = random.randrange(16)
    one, other = record.number[at], record.number[at + 1]
    if one == other:
        return None
    return replace(record, number=record.number[:at] + other + one + record.number[at + 2 :])


def birth_exchanged(record: Record, random: Random) -> Record | None:
    """No number, day and month exchanged."""
    if record.born.day > 12 or record.born.day == record.born.month:
        return None
    return replace(record, number=None, born=date(record.born.year, record.born.day, record.born.month))


def sound_and_phone(record: Record, random: Random) -> Record | None:
    """No number, a name of the same sound and another telephone."""
    wrong = name_sound(record, random)
    return replace(wrong, number=None, phone=f"137{random.randrange(10**8):08d}") if wrong else None


def moved_and_sound(record: Record, random: Random) -> Record | None:
    """Listed elsewhere, the number complete, the name by its sound."""
    wrong = name_sound(record, random)
    return moved_with_number(wrong, random) if wrong else None


def surname_sound(record: Record, random: Random) -> Record | None:
    """The surname by its sound, no number."""
    if record.name[0] not in SURNAME_SOUNDS:
        return None
    return replace(record, name=SURNAME_SOUNDS[record.name[0]] + record.name[1:], number=None)


DEVELOPED: tuple[Fault, ...] = (
    name_sound, name_swapped, no_number, number_digit, number_of_15, birth_digit, moved, moved_with_number,
)  # fmt: skip
HELD_OUT: tuple[Fault, ...] = (
    name_shape, name_shorter, name_dialect, number_swapped, birth_exchanged, sound_and_phone, moved_and_sound,
    surname_sound,
)  # fmt: skip


STRANGERS = ("namesake", "twin", "sibling", "lodger")


def listed_again(people: list[Record], faults: tuple[Fault, ...], count: int, random: Random) -> list[Record]:
    """``count`` of the people written a second time, each with one fault."""
    made: list[Record] = []
    for record in random.sample(people, len(people)):
        if len(made) == count:
            break
        fault = faults[len(made) % len(faults)]
        wrong = fault(record, random)
        if wrong is not None:
            made.append(replace(wrong, fault=fault.__name__))
    return made


def strangers(people: list[Record], count: int, first: int, random: Random) -> list[Record]:
    """New people who resemble known ones: of the same name, a further twin, a brother, somebody in the same room."""
    made: list[Record] = []
    taken = {record.number for record in people}
    for at, record in enumerate(random.sample(people, count)):
        truth, kind = first + at, at % 4
        home = record.home if kind else 2 * 10**6 + at
        day = record.born if kind == 1 else min(record.born + timedelta(days=random.randrange(300, 4000)), NEWEST)
        name = record.name if kind == 0 else twin_of(record.name, random)
        if kind == 3:
            name = random.choice(SURNAMES) + given_name(random)
        sequence = int(record.number[14:17]) + 2 if record.number and kind == 1 else random.randrange(900)
        prefix = record.number[:6] if record.number else random.choice(PREFIXES)
        while (number := number_of(day, record.sex, prefix, sequence)) in taken:
            sequence += 2
        taken.add(number)
        number = None if random.random() < 0.2 else number
        made.append(
            Record(truth, name, record.sex, day, number, record.phone if kind == 1 else None, home,
                   record.household if kind else f"S{home}", record.relationship, STRANGERS[kind])
        )  # fmt: skip
    return made
