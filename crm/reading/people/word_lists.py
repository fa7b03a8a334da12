"""The lists of names and of words that no name holds (``words/``), and how a word is compared with them.

Lists are evidence only: a column is judged by the share of its values, so that a missing or a doubtful entry decides nothing.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from importlib import resources

CHINESE = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷"
    "黎史龙陶贺顾毛郝龚邵万覃武钱戴严莫孔向常張劉陳楊黃趙吳孫馬鄭謝許韓馮鄧蕭葉蘇呂盧鍾譚陸賈鄒閻賀顧龔萬錢嚴莊莊庄柯洪施翁溫温饒饶"
)
"""Family names of one character."""
CHINESE_LONG = frozenset({"欧阳", "司马", "上官", "诸葛", "夏侯", "皇甫", "尉迟", "公孙", "慕容", "歐陽", "司馬", "諸葛", "端木"})
KOREAN = frozenset("강고곽구권김나남노류문민박배백변서석선설성손송신심안양엄염오우원유윤이임장전정제조주지진차채천최추하한함허현홍황")
JAPANESE = frozenset(
    "佐藤 鈴木 高橋 田中 伊藤 渡辺 渡邊 山本 中村 小林 加藤 吉田 山田 佐々木 山口 松本 井上 木村 林 斎藤 斉藤 齋藤 清水 山崎 森 池田 橋本 阿部 石川 山下 中島 石井 小川 前田 岡田"
    " 長谷川 藤田 後藤 近藤 村上 遠藤 青木 坂本 福田 太田 西村 藤井 金子 岡本 藤原 中野 三浦 原田 中川 松田 竹内 小野 田村 中山 和田 石田 森田 上田 原 内田 柴田 酒井 宮崎"
    " 横山 高木 安藤 宮本 大野 小島 谷口 工藤 今井 高田 丸山 増田 杉山 村田 大塚 新井 小山 平野 藤本 河野 上野 野口 武田 松井 千葉 菅原 岩崎 久保 木下 佐野 野村 松尾 市川"
    " 菊地 菊池 杉本 古川 大西 島田 桜井 渡部 水野 山内 吉川 北村 安田 川口 東 浜田 五十嵐 秋山 若松 津田 宇野 廣川 喜嶋 山岸 江古田 笹田 吉本 桐山 田辺 三宅 加納 青田 若山".split()
)
_OTHER_LETTERS = str.maketrans({"ı": "i", "ł": "l", "ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "þ": "th", "’": "'"})
_ACCENTS = re.compile("[\u0300-\u036f]")


def plain_word(word: str) -> str:
    """Return a word as the lists have it: lower case, without accents.

    >>> plain_word("Łukasz"), plain_word("GARCÍA"), plain_word("Weiß")
    ('lukasz', 'garcia', 'weiss')
    """
    bare = _ACCENTS.sub("", unicodedata.normalize("NFD", word.casefold()))
    return unicodedata.normalize("NFC", bare).translate(_OTHER_LETTERS)


@cache
def given_names() -> frozenset[str]:
    """Given names of many countries, folded."""
    return _words("given_names.txt")


@cache
def family_names() -> frozenset[str]:
    """Common family names in Latin letters, folded."""
    return _words("family_names.txt")


@cache
def not_people() -> frozenset[str]:
    """Words of places, companies, trades and campaigns, folded."""
    return _words("not_people.txt")


def _words(file: str) -> frozenset[str]:
    lines = resources.files(__package__).joinpath("words", file).read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())
