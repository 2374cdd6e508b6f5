"""Units that may follow a number in a reply: tons, words for units, pieces and containers, in many languages.

A question includes the scenario's own unit, so that replies are parsed equally well in every scenario. Units that could
be another magnitude, such as kilograms or litres, are not in the list.
"""

from __future__ import annotations

import unicodedata

_TONS = """
t ton tons tonne tonnes tonnen toneladas tonelada tonnellate tonnellata tonna tonnaa
tonnia tonni tonn tony tona tone tonu tun tuny tonów tonas tonų tonnás тонна тонны тонн
тонни тона т τόνος τόνοι τόνους тонната tấn 吨 公吨 噸 公噸 トン トンです 톤 톤입니다 ตัน टन টন டன் టన్నులు
ਟਨ تن ٹن طن أطنان اطنان טון טונות tani
"""
_UNITS = """
unit units einheit einheiten unidad unidades unité unités unite unità unidade eenheid
eenheden enhet enheter enhed enheder yksikköä jednostka jednostki jednostek единица
единицы единиц одиниць birim 单位 單位 単位 단위 หน่วย इकाई इकाइयाँ وحدة وحدات واحد יחידה יחידות
μονάδες vitengo
"""
_MEASURES = """
barrel barrels fass fässer barriles barils bucket buckets eimer crate crates kiste kisten
caja cajas caisse caisses box boxes bag bags sack säcke saco sacos pallet pallets palette
paletten palettes palé palés palets поддонов 托盘 パレット 팔레트 flock flocks herde herden rebaño
rebaños troupeau troupeaux gregge greggi стадо стада стад 群 群れ 떼 sheep schafe ovejas
moutons pecore head cattle cows goats fish fische peces poissons pesci рыб 鱼 魚 条 匹 tree
trees bäume baumstämme stämme árboles arbres log logs bushel bushels bale bales permit
permits piece pieces stück stücke pieza piezas pièce pièces item items 个 個 件 箱 桶 只 頭 头 台 개
마리 상자 stk
"""
_PHRASES = ("metric ton", "metric tons", "metric tonne", "metric tonnes", "đơn vị")


def plain_unit(text: str) -> str:
    """Normalize a unit for comparison: lower case, composed characters, single spaces."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


UNITS = frozenset(map(plain_unit, (*f"{_TONS} {_UNITS} {_MEASURES}".split(), *_PHRASES)))
"""All units, normalized by `plain_unit`."""
