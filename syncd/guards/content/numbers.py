"""Whether a text is a number that belongs to a person. Only the form and the key are looked at."""

from __future__ import annotations

from syncd.core.regular_expressions import regex

_GROUPED = regex(r"[ .\-\u00a0\u202f]")
# Sex, year, month (or what stands for an unknown one), place: INSEE's own ranges.
_NIR = regex(r"[1-478]\d\d(?:0[1-9]|1[0-2]|[23]\d|4[0-2]|[5-9]\d)(?:\d\d|2[AB])\d{6}\d\d")
_NIR_LIKE = regex(r"\d{6}[\dAB]\d{8}")
_IBAN = regex(r"[A-Z]{2}\d\d[A-Z0-9]{11,30}")
# By the sign before its @ alone: looking for the whole of it begins anew at each of its letters.
_EMAIL_INSIDE = regex(
    r"(?<=[A-Za-z0-9._%+\-])@(?:[A-Za-z0-9\-]+\.)+[A-Za-z]{2,}",
)
_EMAIL = regex(r"[A-Za-z0-9._%+\-]+@(?:[A-Za-z0-9\-]+\.)+[A-Za-z]{2,}")
_TELEPHONE = regex(r"(?:0|(?:\+|00)33 ?(?:\(0\))?)[1-9](?:[ .\-]?\d\d){4}")


_DECIMAL = regex(r"[-+]?\d+[.,]\d+")  # never an identifier, whatever its digits are
_TELEPHONE_LIKE = regex(r"\+?(?:[ .\-()\u00a0]{0,2}\d){10,13}")


def is_nir(text: str) -> bool:
    """A French social security number with its key, in any usual grouping."""
    text = text.strip()
    bare = _GROUPED.sub("", text)
    if _NIR.fullmatch(bare) is None or (bare.isdigit() and _key_of(bare[:13]) != int(bare[13:])):
        return False  # most numbers by chance, said quickly
    if _DECIMAL.fullmatch(text) is not None:
        return False
    from stdnum.fr import nir  # here, as few numbers come this far: most processes see none

    return bool(nir.is_valid(bare))


def _key_of(thirteen: str) -> int:
    return 97 - int(thirteen) % 97


def is_iban(text: str) -> bool:
    """An account number with the length and key of its country."""
    bare = _GROUPED.sub("", text.strip())
    if _IBAN.fullmatch(bare) is None:
        return False
    turned = "".join(str(int(sign, 36)) for sign in bare[4:] + bare[:4])
    if int(turned) % 97 != 1:
        return False
    from stdnum import iban  # as above

    return bool(iban.is_valid(bare))


def is_email(text: str) -> bool:
    """Whether the text begins with an address."""
    return _EMAIL.match(text) is not None


def has_email(text: str) -> bool:
    return "@" in text and _EMAIL_INSIDE.search(text) is not None


def is_telephone(text: str) -> bool:
    """A French number of ten digits, or with 33 before nine."""
    text = text.strip()
    return _TELEPHONE.fullmatch(text) is not None and _DECIMAL.fullmatch(text) is None


def may_be_nir(text: str) -> bool:
    """Whether it has as many signs as one, which are digits, or letters where Corsica has them."""
    bare = _GROUPED.sub("", text)
    return len(bare) == 15 and _NIR_LIKE.fullmatch(bare) is not None


def may_be_iban(text: str) -> bool:
    return _IBAN.fullmatch(_GROUPED.sub("", text.strip())) is not None


def may_be_telephone(text: str) -> bool:
    """Whether it has as many digits as one, with what telephone numbers are grouped with."""
    return _TELEPHONE_LIKE.fullmatch(text.strip()) is not None
