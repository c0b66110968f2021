r"""Phrases: the words by which a text defines, supposes, conditions, concludes, quantifies and negates.

A row is what an author does with the words, the words in each language that is read, and the frame in which
they stand: anywhere in a sentence, last in what stands before a formula, first in what stands behind it.
A row is its own test: it is found in its ``example`` and not in its ``counterexample``.

A language is a column: a further keyword of `Phrase`, one of `LANGUAGES`, filled in row by row.

>>> CONCLUDES.search("and hence") is not None, CONCLUDES.search("for all") is not None
(True, False)
"""

from __future__ import annotations

import re

from ..patterns import Pattern

LANGUAGES = ("english",)
ANYWHERE = r"\b(?:WORDS)\b"
LAST = r"\b(?:WORDS)\W*$"


class Phrase(Pattern):
    """A pattern of words, of all languages at once; ``WORDS`` is their place in the frame."""

    def __init__(self, frame: str, *, english: str, example: str, counterexample: str) -> None:
        self.words = {"english": english}
        self.example, self.counterexample = example, counterexample
        super().__init__(frame.replace("WORDS", "|".join(self.words[k] for k in LANGUAGES)), re.IGNORECASE)


# --- define -------------------------------------------------------------------------------------------

INTRODUCES = Phrase(  # the bounds that follow are from here on those of the name
    ANYWHERE,
    english=r"let|assum\w*|suppos\w*|given|take|fix|with|where|denote|consider|choose|(?:hyper)?parameters?"
    r"|constants?|rates?|numbers?|weights?|coefficients?|strength|variance|deviation",
    example="with a regularization strength",
    counterexample="the sequence converges as",
)
NAMES = Phrase(  # a name for another name, "write y for x"
    r"\b(?:WORDS)",
    english="where|let|define|denote|write|call",
    example="and denoted by",
    counterexample="at the point",
)
ANNOUNCES = Phrase(  # a name may be defined anew
    ANYWHERE,
    english=r"let|define[sd]?|definition|denote[sd]?|consider|now|instead|suppose|loss|cost|function|model"
    r"|given by|becomes?|modif\w+|variant|regulari\w+|alternative\w*|new|another|case|example|use[sd]?|using",
    example="Now consider the regularized loss",
    counterexample="which is equal to",
)
EXPLAINS = Phrase(  # what follows a display says what its names are
    r"^[\s.,;:)*_]*(?:WORDS)\b",
    english="where|with|here|in which|for|and",
    example=", where",
    counterexample="This shows that",
)

# --- suppose, condition -------------------------------------------------------------------------------

SUPPOSES = Phrase(
    ANYWHERE,
    english=r"if|for|when|assum\w+|suppose|provided|since|because|as|where|unless",
    example="assuming that",
    counterexample="it is clear that",
)
OPENS_A_CONDITION = Phrase(  # a chain behind these words is no claim
    r"^(?:WORDS)\b",
    english="if|when|whenever|provided|assuming|unless",
    example="if also",
    counterexample="so if",
)
CONDITIONAL = Phrase(  # what the equation behind these words says is supposed, not claimed
    LAST,
    english=r"if|when|whenever|suppose|assum\w+|unless|case|such that|provided|iff|for which|satisf\w+|at"
    r"|until|once|setting|set|given that|fix|take",
    example="the minimum, such that ",
    counterexample="if this is so, we find ",
)
EQUATES = Phrase(  # an equation behind these words is a condition of the formula beside it
    ANYWHERE,
    english=r"if|for|when(?:ever)?|as|since|because|provided|assum\w+|given|suppose|case|at|iff|under",
    example="provided that",
    counterexample="and hence",
)
LIMITS = Phrase(  # a formula beside these words may hold only in part
    ANYWHERE,
    english=r"if|unless|otherwise|else|provided|(?:non-?)?(?:positive|negative|zero)|distinct|different|equal"
    r"|one-?hot|binary|symmetric|orthogonal|orthonormal|unit|normali[sz]ed|small|large",
    example="for distinct classes",
    counterexample="for all classes",
)
LIMITS_MATRICES = Phrase(
    "(?:WORDS)",
    english="symmetric|orthogonal|orthonormal",
    example="symmetric",
    counterexample="positive",
)
GOES_ON = Phrase(  # the sentence, behind a formula
    r"^(?-i:[\s,(*_]*(?:\w+\s+){0,3}?(?:WORDS)\b)",
    english="if|for|when|whenever|where|as|provided|since|because|with|given|assuming|unless",
    example=", which holds for",
    counterexample=". For",
)
GIVES_A_REASON = Phrase(  # behind a display, up to the formula of which a property is said
    r"^\W*\w+\s[^.]{0,200}?\b(?:WORDS)\b[^.]{0,60}$",
    english="since|because|as|using|by|for",
    example="The last step holds since ",
    counterexample="This is clear. Now ",
)
SETS_TO_ZERO = Phrase(  # an equation to be solved
    r"\b(?:WORDS)[^.]*$",
    english=r"(?:set(?:ting)?|equat(?:e|ing)|put(?:ting)?)\b[^.]*(?:\bzero\b|\b0\b)",
    example="Setting the derivative to zero, ",
    counterexample="Set the rate. It is not zero. ",
)
# Of a number itself: "the log of a positive number", "a positive sample" and "positive or zero" give no sign.
_SIGN = r"(?<![\w-])(?P<sign>positive|non-?negative)"
_NUMBER = (
    r"(?P<noun>\s+(?:real\s+|regulari[sz]ation\s+|smoothing\s+|learning\s+)?"
    r"(?:numbers?|scalars?|constants?|(?:hyper)?parameters?|weights?|integers?|reals?|quantit(?:y|ies)|values?"
    r"|coefficients?|rates?|strengths?|variances?|temperatures?))"
)
POSITIVE_BEFORE = Phrase(
    r"(?:WORDS)\s*,?\s*$",
    english=rf"(?<!\bof )(?:\bstrictly\s+)?{_SIGN}{_NUMBER}",
    example="for a positive real number ",
    counterexample="for a positive definite matrix ",
)
POSITIVE_BEHIND = Phrase(
    r"^\s*,?\s*(?:WORDS)",
    english=r"(?:which\s+)?(?:is|are|be|being|denotes?|stands?\s+for)\s+"
    r"(?:(?:the|an?)(?:\s+(?!of\b)[\w-]+){1,3}\s*,\s*)?"  # "the standard deviation, a positive number"
    r"(?:(?:an?|the|some|any|all|both|each|assumed|taken|chosen|required|to|be|strictly|always|known|unknown"
    r"|fixed|given|small|large|arbitrary|finite|real|scalar|constant|number|and|,)\s*)*"
    + _SIGN
    + r"(?!\s*,?\s*(?:and\s+)?(?:or|zero|negative|if|when|only|unless)\b)"
    + rf"(?:{_NUMBER}(?!\s+or\b)(?:\s*(?:$|[.,;:()])"
    + r"|\s+(?:and|that|which|with|called|control\w*|chosen|used|to|in)\b)|\s*(?:$|[.,;:)])|\s+and\b)",
    example=" is a fixed positive number",
    counterexample=" is positive definite",
)
MAY_SAY_WHERE = Phrase(  # "where x is positive" may be where, not that
    r"\b(?:WORDS)\s*$",
    english="where",
    example="holds, where ",
    counterexample="nowhere ",
)
DEPENDS = Phrase(  # a sign that is said with these words does not hold from here on
    ANYWHERE,
    english="if|iff|when(?:ever)?|wherever|for|unless|case|region|points?|branch|so|thus|hence|then|implies"
    "|not|no|non|never|neither|nor|only",
    example="positive only in the case",
    counterexample="a positive number",
)

# --- conclude -----------------------------------------------------------------------------------------

CONCLUDES = Phrase(  # beside a formula
    ANYWHERE,
    english="so|thus|hence|therefore|then|gives?|yields?|implies|get|obtain|conclude|follows",
    example="we conclude",
    counterexample="we assume",
)
CONCLUDES_A_RESULT = Phrase(  # in a sentence that leads to an equation: it is no definition for what precedes
    ANYWHERE,
    english=r"thus|hence|therefore|so|solv\w+|gives|giving|yields?|get|obtain\w*|solutions?|implies|follows"
    r"|optim\w+|minim\w+|maxim\w+|zero|vanish\w*|root|stationary|because|since|at|estimat\w+",
    example="and the minimum is attained at",
    counterexample="and the input is",
)
SOLVES = Phrase(  # what stands behind an equation to be solved rests on it
    ANYWHERE,
    english=r"thus|hence|therefore|so|solv\w+|giv(?:es|ing|en)|yields?|rearrang\w+|get|obtain\w*|solution"
    r"|implies|equivalent\w*|optim\w+|minimi\w+|maximi\w+|zero|root|stationary|follows",
    example="Rearranging, we find",
    counterexample="The loss is",
)
FOLLOWS = Phrase(  # all that opens a chain, or within it
    "WORDS",
    english=r"^(?:and|so|thus)\Z|hence",
    example="and hence",
    counterexample="and where",
)

# --- negate, connect ----------------------------------------------------------------------------------

NEGATES = Phrase(
    r"(?-i:\b(?:WORDS)\b)",
    english="unless|not",
    example="not for",
    counterexample="for",
)
CONNECTS = Phrase(  # the whole of the words in a display: they part two formulas and name nothing
    r"(?s:^\W*(?:WORDS)\b[^()]*\W*\Z)",
    english=r"and|or|where|with|if|for|so|thus|hence|since|when|then|therefore|because|because of|as|while"
    r"|but|i\.e\.?|that is|let|set|set to|we get|we have|gives?|by|using|use|such that|s\.t\.?|subject to"
    r"|otherwise|from|note|note that|now|also|again|similarly|finally|next|recall|assume|given|where we"
    r"|in which|is|are|to|at|on|all|for all|for each|for every",
    example=" for all i ",
    counterexample="loss for all (i)",
)
