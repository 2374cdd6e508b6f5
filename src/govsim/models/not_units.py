"""Words that are no unit: after a number they change what it means.

The list holds the common ways of scaling, bounding or withdrawing a number in the languages that models write most; it
is not complete for any language. Words are compared in lower case without accents. In scripts that do not separate
words, a part of the word is enough.
"""

from __future__ import annotations

import unicodedata

_SCALES = """
k m b bn mn mm mio mrd mln mld tsd tys kt x th st nd rd dozen dozens hundred hundreds thousand thousands million
millions billion billions trillion trillions hundert tausend tausende dutzend millionen milliarde milliarden
cent cents centaine mille millier milliers douzaine ciento cien mil miles millon millones docena cento migliaia
mila dozzina milhao milhoes milhares duzia honderd duizend dozijn тыс тысяча тысячи тысяч сто сотня сотен млн
миллион миллиона миллионов дюжина tysiac tysiace tysiecy bin yuz milyon ribu ratus juta nghin tram trieu lakh
lakhs crore crores hazar sau हजार हज़ार सौ लाख करोड़ ألف آلاف مئة مائة مليون هزار صد میلیون אלף מאה χιλιαδες
εκατο พัน ร้อย หมื่น elfu mia tuhat sata
"""
_SHARES = """
percent percents percentage pct prozent procent procenta procentow procento pourcent porcento percento porciento
процент процента процентов yuzde persen половина half halves third thirds quarter quarters tenth tenths fifth
fifths halfte halb drittel viertel zehntel moitie tiers mitad tercio cuarto meta metade terzo fraction share
shares ratio
"""
_LIMITS = """
max maximum maximal maximally min minimum minimal tops most least more less fewer extra additional additionally
below above under over beyond within plus minus left remaining remain remains available ago total altogether
approx approximately about around roughly circa ca ish almost nearly only exactly times each everyone everybody
together combined hochstens mindestens mehr weniger ungefahr etwa rund ubrig verbleibend insgesamt maximo minimo
mas menos restantes aproximadamente cerca moins environ restant restants reste piu meno rimanenti rimasti mais
больше меньше более менее примерно около максимум минимум осталось wiecej mniej okolo fazla az kadar lebih
kurang sekitar hon it كم أكثر أقل تقريبا अधिक कम लगभग ज्यादा
"""
_DOUBTS = """
no not nope never none nothing nil wait actually sorry correction correct wrong oops hmm hm instead rather
scratch cancel change changed or and but if unless when whether maybe perhaps possibly probably though although
however except because since then to of by per than as for from a an the is was were are am be i we he she they
it this that me my us our what why how nein nicht kein keine doch oder und aber wenn falls vielleicht wohl
moment nee statt non pas ou et mais si peut pero quizas tal quiza talvez se forse o e y nao ma oppure нет не или
и но если может возможно nie lub ale jesli moze hayir degil veya eger belki tidak bukan atau jika mungkin khong
hoac neu لا ليس أو إذا ربما لكن नहीं या अगर शायद लेकिन לא או אם
"""
_TIMES = """
pm second seconds sec secs minute minutes mins hour hours hrs h day days daily week weeks weekly month months
monthly year years yearly annually round rounds turn turns step steps january february march april may june july
august september october november december tag tage tagen woche wochen monat monate monaten jahr jahre jahren
jour jours mois an ans semaine dia dias mes meses ano anos semana giorno giorni mese mesi anno anni день дня
дней месяц месяца месяцев год года лет gun ay yil hari bulan tahun
"""
_OTHERS = """
people person persons member members fisher fishers fisherman fishermen villager villagers shepherd shepherds
farmer farmers player players agent agents dollar dollars usd euro euros eur gbp yen rmb yuan rupee rupees point
points option options question questions token tokens one two three four five six seven eight nine ten eleven
twelve twenty thirty forty fifty zero eins zwei drei vier funf zehn deux trois quatre cinq dix dos tres cuatro
cinco diez l o
"""
_WORDS = frozenset(" ".join((_SCALES, _SHARES, _LIMITS, _DOUBTS, _TIMES, _OTHERS)).split())

_PARTS = """
万 萬 億 亿 兆 千 百 十 割 成 折 倍 半 分 以 未 超 最 约 約 大 左右 上下 多 少 余 餘 剩 残 不 没 沒 否 非 或 若 如
但 吗 年 月 日 天 周 人 名 点 時 时 回 次 まで くらい ぐらい ほど より 程度 以上 以下 以内 未満 だけ 過
ない なし もし けど 이하 이상 미만 초과 정도 까지 이내 만 아니 안 말고 만약 천 백 억 할 명 년 월 일 개월
กว่า ไม่ น้อย มาก เกิน ประมาณ คน วัน เดือน ปี พัน ร้อย
"""
_UNSEPARATED = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "THAI", "LAO", "KHMER", "MYANMAR", "HALFWIDTH", "IDEOGRAPHIC")
_LONGEST_UNSEPARATED = 4


def changes_a_number(word: str) -> bool:
    """Whether a word that follows a number, and is made of letters alone, cannot be its unit."""
    word = unicodedata.normalize("NFC", word)
    if not _is_separated(word):
        return len(word) > _LONGEST_UNSEPARATED or any(part in word for part in _PARTS.split())
    return _plain(word) in _PLAIN_WORDS or "º" in word or "ª" in word


def _plain(word: str) -> str:
    """A word in lower case without accents."""
    decomposed = unicodedata.normalize("NFKD", word.casefold())
    return "".join(char for char in decomposed if unicodedata.category(char)[0] != "M")


def _is_separated(word: str) -> bool:
    """Whether a word is of a script that separates words."""
    return not any(unicodedata.name(char, "").startswith(_UNSEPARATED) for char in word)


_PLAIN_WORDS = frozenset(map(_plain, _WORDS))
