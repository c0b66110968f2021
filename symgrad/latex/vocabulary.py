"""The vocabulary: which commands are names, functions, accents, signs or mere layout."""

from __future__ import annotations

from ..functions import WORDS
from ..page.relations import OPS

GREEK = frozenset(
    "\\" + name
    for name in [
        "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda",
        "mu", "nu", "xi", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega",
        "varepsilon", "vartheta", "varphi", "varpi", "varrho", "varsigma", "varkappa", "Gamma", "Delta",
        "Theta", "Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi", "Psi", "Omega"
    ]
)
LETTERS = GREEK | {"\\ell", "\\infty", "\\hbar", "\\emptyset", "\\varnothing", "\\imath", "\\jmath", "\\Pr"}

# Accents and fonts, each with its canonical spelling.
ACCENTS = {
    "\\hat": "\\hat", "\\widehat": "\\hat", "\\tilde": "\\tilde", "\\widetilde": "\\tilde",
    "\\bar": "\\bar", "\\overline": "\\bar", "\\vec": "\\vec", "\\overrightarrow": "\\vec",
    "\\dot": "\\dot", "\\ddot": "\\ddot", "\\check": "\\check", "\\widecheck": "\\check",
    "\\breve": "\\breve", "\\mathring": "\\mathring", "\\acute": "\\acute", "\\grave": "\\grave",
}  # fmt: skip
FONTS = {
    "\\mathbf": "\\mathbf", "\\boldsymbol": "\\boldsymbol", "\\bm": "\\boldsymbol",
    "\\pmb": "\\boldsymbol", "\\bold": "\\mathbf", "\\textbf": "\\mathbf", "\\mathbfit": "\\boldsymbol",
    "\\mathcal": "\\mathcal", "\\mathscr": "\\mathscr", "\\mathbb": "\\mathbb", "\\mathds": "\\mathbb",
    "\\mathfrak": "\\mathfrak", "\\symbf": "\\mathbf", "\\bb": "\\mathbb", "\\cal": "\\mathcal",
    "\\bf": "\\mathbf",
}  # fmt: skip
TEXTS = frozenset(
    [
        "\\text", "\\textrm", "\\textbf", "\\textit", "\\texttt", "\\textsf", "\\textsc", "\\mbox", "\\hbox",
        "\\textnormal"
    ]
)  # fmt: skip
WORD_FONTS = TEXTS | {
    "\\mathrm", "\\operatorname", "\\operatorname*", "\\mathsf", "\\mathtt", "\\mathit", "\\mathop",
    "\\rm", "\\it", "\\sf", "\\tt", "\\mathnormal"
}  # fmt: skip

# Functions whose value stands for itself, by the words that write them.
FUNCTIONS = {
    **WORDS, "lg": "\\lg", "cot": "\\cot",
    "max": "\\max", "min": "\\min", "sup": "\\sup", "inf": "\\inf", "lim": "\\lim", "arg": "\\arg",
    "det": "\\det", "gcd": "\\gcd", "dim": "\\dim", "ker": "\\ker", "tr": "\\operatorname{tr}",
    "Tr": "\\operatorname{tr}", "trace": "\\operatorname{tr}", "Trace": "\\operatorname{tr}",
    "diag": "\\operatorname{diag}", "Diag": "\\operatorname{diag}", "softmax": "\\operatorname{softmax}",
    "Softmax": "\\operatorname{softmax}", "Var": "\\operatorname{Var}", "var": "\\operatorname{Var}",
    "Cov": "\\operatorname{Cov}", "cov": "\\operatorname{Cov}",
    "argmin": "\\arg\\min", "argmax": "\\arg\\max", "vec": "\\operatorname{vec}",
    "rank": "\\operatorname{rank}",
}  # fmt: skip
FUNCTION_COMMANDS = frozenset(
    [*(f for f in FUNCTIONS.values() if "{" not in f),
     *{f"\\{word}" for word in WORDS if word != "abs"} - GREEK, "\\argmin", "\\argmax", "\\tr", "\\diag",
     "\\softmax", "\\Var", "\\Cov", "\\trace", "\\Tr"]
)  # fmt: skip
"""Commands that name a function; those that LaTeX itself lacks are what course notes define for it (``\\abs``
they define as bars)."""

# Plain runs of letters that stand for a function before an opening bracket.
BARE_WORDS = frozenset(
    [
        *WORDS.keys() - {"abs", "sqrt", "Phi"}, "max", "min", "tr", "Tr", "trace", "diag",
        "softmax", "det", "Var", "Cov", "argmin", "argmax"
    ]
)  # fmt: skip
PROSE = frozenset(
    [
        "frac", "dfrac", "sqrt", "sum", "partial", "nabla", "where", "with", "and", "for", "the", "that",
        "then", "thus", "hence", "Set", "set", "let", "Let", "since", "because", "from", "which", "when",
        "else", "otherwise", "text", "left", "right", "cdot", "theta", "alpha", "beta", "sigma", "lambda",
        "hat", "begin", "end", "mathbf"
    ]
)  # fmt: skip
"""Runs of letters that are words or lost backslashes, never products."""
NAME_WORDS = frozenset(["net", "err", "acc", "obj", "logit", "logits", "expit"])
"""Short runs of letters that are names."""
CONFUSION = frozenset(["TP", "FP", "TN", "FN"])
"""Entries of a table of errors: names where two of them stand, else products (T N, F P)."""
SUBSCRIPT_WORDS = frozenset(
    [
        "new", "old", "max", "min", "out", "in", "train", "test", "val", "emp", "pred", "true", "reg",
        "avg", "opt", "tot", "total", "data", "prev", "next", "pos", "neg", "hid", "hidden", "loss",
        "model", "batch", "label", "target", "best", "init", "mean", "std", "var", "err", "error", "log",
        "map", "mle", "ols", "ridge", "lasso", "input", "output", "obs", "ref", "cls", "rot", "net",
        "acc", "ext", "eff", "pad", "KL", "CE", "ML", "LS"
    ]
)  # fmt: skip

# Layout without meaning: dropped alone, dropped with one braced argument, dropped with its braces kept.
SILENT = frozenset(
    [
        "\\displaystyle", "\\textstyle", "\\scriptstyle", "\\scriptscriptstyle", "\\limits", "\\nolimits",
        "\\nonumber", "\\notag", "\\,", "\\;", "\\:", "\\!", "\\ ", "\\>", "\\quad", "\\qquad",
        "\\thinspace", "\\enspace", "\\medspace", "\\thickspace", "\\negthinspace", "\\hfill", "\\hfil",
        "\\allowbreak", "\\nobreak", "\\noindent", "\\strut", "\\mathstrut", "\\relax", "\\centering",
        "\\normalsize", "\\small", "\\large", "\\Large", "\\footnotesize", "\\protect", "\\break",
        "\\newline", "\\hline", "\\/", "\\bigskip", "\\medskip", "\\smallskip"
    ]
)  # fmt: skip
SILENT_WITH_ARGUMENT = frozenset(
    [
        "\\label", "\\tag", "\\tag*", "\\hspace", "\\hspace*", "\\vspace", "\\vspace*", "\\phantom",
        "\\hphantom", "\\vphantom", "\\color", "\\qedhere", "\\cline", "\\mspace", "\\hskip", "\\mskip",
        "\\kern", "\\eqref", "\\cite", "\\footnote", "\\textcircled"
    ]
)  # fmt: skip
FRAMES = frozenset(
    [
        "\\boxed", "\\fbox", "\\cancel", "\\bcancel", "\\xcancel", "\\underline", "\\mathrel", "\\mathbin",
        "\\mathord", "\\mathopen", "\\mathclose", "\\mathinner", "\\smash", "\\ensuremath", "\\substack",
        "\\uline", "\\colorbox", "\\textcolor", "\\bbox", "\\mathclap"
    ]
)  # fmt: skip
FRAMES_WITH_ARGUMENT = frozenset(["\\textcolor", "\\colorbox"])
BRACES = frozenset(["\\underbrace", "\\overbrace", "\\underbracket", "\\overbracket"])
SIZES = frozenset(
    ["\\middle", *(f"\\{size}{side}" for size in ("big", "Big", "bigg", "Bigg") for side in ("", *"lrm"))]
)
OPENERS = {"(": ")", "[": "]", "\\{": "\\}", "\\langle": "\\rangle", "\\lfloor": "\\rfloor",
           "\\lceil": "\\rceil"}  # fmt: skip
DELIMITERS = {
    "\\lbrace": "\\{", "\\rbrace": "\\}", "\\lbrack": "[", "\\rbrack": "]", "\\Vert": "\\|", "\\vert": "|",
    "\\lvert": "\\left|", "\\rvert": "\\right|", "\\lVert": "\\left\\|", "\\rVert": "\\right\\|",
    "\\mid": "\\mid", "\\lang": "\\langle", "\\rang": "\\rangle", "\\lparen": "(", "\\rparen": ")",
}  # fmt: skip
PRODUCT_SIGNS = frozenset(["\\cdot", "\\times", "*", "\\ast", "\\bullet"])
HADAMARD_SIGNS = frozenset(["\\odot", "\\circ"])
INFIX_SIGNS = PRODUCT_SIGNS | HADAMARD_SIGNS | {"\\oslash"}
"""What stands between two factors: no factor begins with it, and a display goes on behind it."""
DOTS = frozenset([
        "\\dots", "\\ldots", "\\cdots", "\\vdots", "\\ddots", "\\dotsb", "\\dotsc", "\\dotsm", "\\dotsi",
        "\\hdots", "\\iddots", "\\dotso"
    ])  # fmt: skip
FRACTIONS = frozenset([
        "\\frac", "\\dfrac", "\\tfrac", "\\cfrac", "\\nicefrac", "\\sfrac", "\\flatfrac"
    ])
ONE_TOKEN = FRACTIONS | {"_", "^", "\\sqrt", "\\binom"}
"""Before these TeX takes a single digit as the argument."""
MATRICES = frozenset(
    [env + star for env in ("matrix", "bmatrix", "pmatrix", "Bmatrix", "smallmatrix") for star in ("", "*")]
    + ["array", "bsmallmatrix", "psmallmatrix"]
)

# What no factor begins with.
ENDS = (
    frozenset([
        "", "+", "-", "=", ")", "]", "}", ",", ";", ":", ".", "!", "'", "<", ">", "/", "&", "_", "^",
        "\\\\", "\\}", "\\rangle", "\\right|", "\\right\\|", "\\right.", "\\rfloor", "\\rceil", "\\at",
        "\\mid", "\\parallel", "|", "\\|", "\\div", "\\pm", "\\mp",
        "\\not", "\\because", "\\colon", "\\prime", "\\top", "\\intercal", "\\setminus"
    ])
    | frozenset(OPS) | INFIX_SIGNS
)  # fmt: skip
TRANSPOSES = frozenset(["T", "\\top", "\\intercal", "\\text{T}", "\\mathsf{T}", "\\transp"])
FUNCTION_TOKENS = FUNCTION_COMMANDS | frozenset(FUNCTIONS.values())
