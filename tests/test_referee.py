"""Claims by which a hostile reader got a wrong word out of the judge, one class a block."""

from __future__ import annotations

import pytest

from symgrad.errors import ScopeError
from symgrad.latex import read
from symgrad.meaning.directives import read_directives
from symgrad.meaning.judging import prove_nodes

STRICT = r"let f(x) = \begin{cases} 1 & x > 0 \\ -1 & x < 0 \end{cases}"
MEAN = r"let \mu = \frac{1}{m} \sum_{i=1}^m x_i"
VARIANCE = r"let \sigma^2 = \frac{1}{m} \sum_{i=1}^m (x_i-\mu)^2"
SQUARE = (r"let A \in \mathbb{R}^{n \times n}", r"let B \in \mathbb{R}^{n \times n}")

ENTRYWISE = (r"let u \in \mathbb{R}^n", r"let v \in \mathbb{R}^n")
FAMILY = (r"let A_k \in \mathbb{R}^{n \times n}", SQUARE[1], r"let v \in \mathbb{R}^n")
SKEW = (SQUARE[0], r"assume A^\top = -A")

RECURRENT = (
    r"let a_t = W h_{t-1} + U x_t + b", r"let h_t = \tanh(a_t)", r"let W \in \mathbb{R}^{m \times m}",
    r"let U \in \mathbb{R}^{m \times d}", r"let x_t \in \mathbb{R}^d", r"let h_t \in \mathbb{R}^m",
    r"let b \in \mathbb{R}^m",
)

SHARES = r"let p_k = \frac{e^{s_k}}{\sum_{j=1}^K e^{s_j}}"

# (lhs, rhs, lines, verdict)
CLAIMS: list[tuple[str, str, tuple[str, ...], str]] = [
    # A sign is learned from the whole argument of a logarithm or root, never from one case of it.
    (r"\log|a| + a", r"\log|a| + |a|", (), "refuted"),
    (r"\log(\max(a,b)) + |b|", r"\log(\max(a,b)) + b", (), "refuted"),
    (r"\sqrt{\max(a,b)} + |b|", r"\sqrt{\max(a,b)} + b", (), "refuted"),
    (r"\log(y p + (1-y) q) + |q|", r"\log(y p + (1-y) q) + q", (r"assume y \in \{0,1\}",), "refuted"),
    (r"\sum_{k=1}^N \log(\delta_{jk} a + (1-\delta_{jk}) b) + |b|",
     r"\sum_{k=1}^N \log(\delta_{jk} a + (1-\delta_{jk}) b) + b", (), "refuted"),
    (r"\sqrt{|x|}", r"\sqrt{\max(0,x)}", (), "refuted"),
    # What may be 0 says nothing of the sign of its partner under a root.
    (r"\sqrt{a^2 b} + |b|", r"\sqrt{a^2 b} + b", (), "refuted"),
    (r"\sqrt{a b} + |b|", r"\sqrt{a b} + b", (r"assume a \ge 0",), "refuted"),
    (r"\sqrt{a b} + |b|", r"\sqrt{a b} + b", ("assume a > 0",), "proved"),
    (r"\sqrt{b} + \sqrt{b c} + |c|", r"\sqrt{b} + \sqrt{b c} + c", (), "refuted"),
    (r"\sqrt{e^b c} + |c|", r"\sqrt{e^b c} + c", (), "proved"),
    # A real exponent has a positive base, also where it happens to be an integer.
    ("(-x)^k", "x^k", (), "undecided"),
    (r"\sum_{i=1}^n (x_i-\mu)^p", r"\sum_{i=1}^n (\mu-x_i)^p", (), "undecided"),
    (r"(1-p)^\gamma \log p", r"(p-1)^\gamma \log p", (), "undecided"),
    ("x^p x^q", "x^{p+q}", (), "proved"),
    ("x^p", "x^q", (), "refuted"),
    ("(-x)^{2k}", "x^{2k}", (r"let k \in \mathbb{N}",), "proved"),
    # What is given of one entry is given of that one.
    ("|x_2|", "x_2", ("assume x_1 > 0",), "refuted"),
    ("|x_1|", "x_1", ("assume x_1 > 0",), "proved"),
    ("|x_2|", "x_2", ("assume x_i > 0",), "proved"),
    ("|A_{12}|", "A_{12}", ("assume A_{ii} > 0",), "refuted"),
    ("y_2^2", "y_2", (r"assume y_1 \in \{0,1\}",), "refuted"),
    ("y_1^2", "y_1", (r"assume y_1 \in \{0,1\}",), "proved"),
    # Rows that add up to 1 say nothing of the diagonal.
    (r"\sum_{k=1}^N A_{kk}", "1", (r"assume \sum_{k=1}^N A_{jk} = 1",), "refuted"),
    (r"\sum_{j=1}^M \sum_{k=1}^N A_{jk}", "M", (r"assume \sum_{k=1}^N A_{jk} = 1",), "proved"),
    # A product is defined for factors of any sign.
    (r"\left|\prod_{k=1}^N y_k\right|", r"\prod_{k=1}^N y_k", (), "undecided"),
    (r"\left|\prod_{k=1}^N y_k\right|", r"\prod_{k=1}^N y_k", ("assume y_k > 0",), "proved"),
    (r"\max(0,\prod_{k=1}^N y_k)", r"\prod_{k=1}^N y_k", (), "undecided"),
    (r"\sqrt{(\prod_{k=1}^N y_k)^2}", r"\prod_{k=1}^N y_k", (), "undecided"),
    (r"\left|\prod_{k=1}^N (y_k-1)\right|", r"\prod_{k=1}^N (y_k-1)", (), "undecided"),
    (r"\prod_{k=1}^N y_k", r"\prod_{j=1}^N y_j", (), "proved"),
    (r"\prod_{k=1}^N (-1)", r"(-1)^N", (), "proved"),
    (r"\prod_{k=1}^N y_k", r"\prod_{k=1}^N y_k^2", (), "refuted"),
    (r"\log \prod_{i=1}^N p_i", r"\sum_{i=1}^N \log p_i", (), "proved"),
    (r"\prod_{i=1}^N e^{x_i}", r"e^{\sum_{i=1}^N x_i}", (), "proved"),
    (r"-\log \prod_{i=1}^N \sigma(z_i)", r"-\sum_{i=1}^N \log \sigma(z_i)", (), "proved"),
    (r"\frac{\partial}{\partial y_p} \prod_{k=1}^N y_k", r"\frac{1}{y_p} \prod_{k=1}^N y_k", (), "undecided"),
    # The gradient by a square matrix: two layouts.
    (r"\nabla_A \operatorname{tr}(A B)", r"B^\top", SQUARE, "proved"),
    (r"\nabla_A \operatorname{tr}(A B)", "B", SQUARE, "undecided"),
    (r"\nabla_A \operatorname{tr}(A B)", r"2 B^\top", SQUARE, "refuted"),
    # A capital or a letter that stands by itself may be the number of an entry.
    (r"\frac{\partial}{\partial x_j}(N x_N)", "0", (), "undecided"),
    (r"\frac{\partial}{\partial x_j}(N x_N)", r"N \delta_{jN}", (r"let N \in \mathbb{N}",), "proved"),
    (r"\frac{\partial}{\partial x_j}(N x_N)", "0", (r"let N \in \mathbb{N}",), "refuted"),
    (r"\frac{\partial}{\partial x_j}(T + x_T)", "0", (), "undecided"),
    (r"\frac{\partial}{\partial x_2}(x_p p)", "0", (), "undecided"),
    (r"\frac{\partial}{\partial w_1}(w_c - c)", "0", (), "undecided"),
    (r"\frac{\partial}{\partial x_2}(x_1 x_2)", "x_1", (), "proved"),
    # A parameter of a definition is not what a sum around its use binds.
    (r"\sum_{m=1}^{3} f(1)", "6", ("let f(x) = m x",), "undecided"),
    (r"\sum_{m=1}^{3} f(m)", "14", ("let f(x) = m x",), "undecided"),
    (r"\sum_{i=1}^N f(x_i)", r"m \sum_{i=1}^N x_i", ("let f(x) = m x",), "proved"),
    # Both letters of i != j run, where the second stands nowhere else.
    (r"\sum_{i\ne j} x_i x_j", r"(\sum_{i=1}^N x_i)^2-\sum_{i=1}^N x_i^2", (), "proved"),
    (r"\sum_{i\ne j} x_i x_j", r"2\sum_{i<j} x_i x_j", (), "proved"),
    (r"\sum_{i\ne j} a_{ij}", r"\sum_i\sum_j a_{ij} - \sum_i a_{ii}", (), "proved"),
    (r"\sum_{i\ne j} a_{ij}", r"\sum_i a_{ij} - a_{jj}", (), "proved"),
    (r"\sum_{i\ne j} a_{ij}", r"\sum_i a_{ij}", (), "refuted"),
    # A second sign of the same index begins a new factor.
    (r"\sum_{k=1}^N y_k \sum_{k=1}^N y_k", r"(\sum_{k=1}^N y_k)^2", (), "proved"),
    # Kronecker's delta, whatever its letters.
    (r"\frac{\partial x_u}{\partial x_v}", r"\delta_{uv}", (), "proved"),
    (r"\frac{\partial x_1}{\partial x_v}", r"\delta_{1v}", (), "proved"),
    (r"\frac{\partial x_{i+1}}{\partial x_j}", r"\delta_{i+1,j}", (), "proved"),
    (r"\frac{\partial x_k}{\partial x_y}", r"\delta_{ky}", (), "proved"),
    (r"\frac{\partial x_i}{\partial x_j}", r"\delta_i^j", (), "undecided"),
    (r"\frac{\partial x_i}{\partial x_j}", r"\delta^{ij}", (), "undecided"),
    # Operators over an index are no functions of their argument.
    (r"\mathbb{E}_{x\sim p}[x+1]", r"\mathbb{E}_{x\sim p}[x]+1", (), "proved"),
    (r"\mathbb{E}_x[2x]", r"2\mathbb{E}_x[x]", (), "proved"),
    (r"\mathbb{E}_x[x]", r"\mathbb{E}_y[x]", (), "undecided"),
    (r"\max_i(x_i+c)", r"c+\max_i x_i", (), "undecided"),
    (r"\min_x(x-a)^2", "0", (), "undecided"),
    # The theta of f_theta(x) is an argument where something is differentiated by it.
    (r"\frac{\partial}{\partial\theta} f_\theta(x)", "0", (), "undecided"),
    (r"\nabla_\theta \pi_\theta(a|s)", "0", (), "undecided"),
    (r"\frac{\partial}{\partial w} h_{w,b}(x)", "0", (), "undecided"),
    (r"\frac{\partial}{\partial\theta} p^\theta(x)", "0", (), "undecided"),
    (r"\frac{\partial}{\partial\theta} f_\theta(x)^2", r"2 f_\theta(x)", (), "refuted"),
    (r"\nabla_\theta \log f_\theta(x)", r"\frac{\nabla_\theta f_\theta(x)}{f_\theta(x)}", (), "proved"),
    (r"\nabla_\theta \log f_\theta(x)", r"\frac{\nabla_\theta f_\theta(x)}{f_\theta(x)^2}", (), "refuted"),
    (r"\frac{\partial}{\partial b} f_\theta(x)", "0", (), "undecided"),
    # A letter that ends a range, or is compared, counts wherever it stands.
    (r"\sum_{k=1}^N\sum_{j=1}^{k}\delta_{jp}", "N-p+1", (), "proved"),
    (r"\sum_{k=1}^N\sum_{j=1}^{k}\delta_{jp}", "N-p", (), "refuted"),
    (r"\sum_{k=p}^N 1", "N-p+1", (), "proved"),
    (r"\sum_{k=p}^N 1", "N-p", (), "refuted"),
    (r"\sum_{k=1}^N k \mathbb{1}[k=c]", "c", (), "proved"),
    (r"\sum_{k=1}^N k \delta_{kp} x_p", "x_p", (), "refuted"),
    (r"\mathbb{1}[s \ge t+1]", r"\mathbb{1}[s>t]", (), "refuted"),
    # A sum without ends through the places of a vector runs over all of them.
    (r"x^\top x", r"\sum_i x_i^2", (), "proved"),
    (r"\|x\|^2", r"2\sum_i x_i^2", (), "refuted"),
    (r"w^\top x", r"\sum_i w_i x_i", (), "proved"),
    (r"\|\mathbf w\|_1", r"\sum_j|w_j|", (), "proved"),
    (r"\operatorname{tr}(A^\top B)", r"\sum_{i,j}A_{ij}B_{ij}", (), "proved"),
    (r"\operatorname{tr}(A^\top B)", r"\sum_{i,j}A_{ij}B_{ji}", (), "refuted"),
    (r"(A x)_i", r"\sum_j A_{ij}x_j", (), "proved"),
    (r"(A x)_i", r"\sum_j A_{ji}x_j", (), "refuted"),
    (r"(A B)_{ij}", r"\sum_k A_{ik}B_{kj}", (), "proved"),
    (r"x^\top A x", r"\sum_i\sum_j x_i A_{ij} x_j", (), "proved"),
    (r"x^\top A x", r"\sum_i A_{ii} x_i^2", (), "refuted"),
    (r"(y - X w)_i", r"y_i - (X w)_i", (), "undecided"),
    # j != i runs as far as i.
    (r"\sum_{i=1}^N\sum_{j\ne i}1", "N(N-1)", (), "proved"),
    (r"\sum_{i=1}^N\sum_{j\ne i}1", "N^2", (), "refuted"),
    (r"\sum_{i=1}^N\sum_{j>i}1", r"\frac{N(N-1)}{2}", (), "proved"),
    (r"\sum_{i=1}^N\sum_{j\ne i}x_i", r"(N-1)\sum_{i=1}^N x_i", (), "proved"),
    # The identity, and ones, of a size that nobody wrote; capitals that stand where a matrix must.
    ("I x", "x", (), "undecided"),
    (r"\frac{d}{dI} I^2 R", "I R", (), "refuted"),
    (r"\operatorname{tr}(I)", "n", (), "undecided"),
    (r"\operatorname{tr}(I_n)", "n", (), "proved"),
    (r"\mathbf{1}^\top\mathbf{1}", "n", (), "undecided"),
    (r"\mathbf{1}_n^\top\mathbf{1}_n", "n", (), "proved"),
    (r"\mathbf{1}_n^\top\mathbf{1}_n", "2n", (), "refuted"),
    (r"\nabla_x^2 x^\top x", "2I", (), "proved"),
    (r"\nabla_x^2 x^\top x", "3I", (), "refuted"),
    (r"x^\top(A+\lambda I)x", r"x^\top A x+\lambda \|x\|^2", (), "proved"),
    (r"x^\top A y", r"y^\top A x", (), "undecided"),
    (r"x^\top A B x", r"x^\top B A x", (), "undecided"),
    (r"\nabla_x x^\top A x", r"(A + A^\top) x", (), "proved"),
    (r"\nabla_x x^\top A x", r"2 A x", (), "undecided"),
    (r"\nabla_w \|X w - y\|^2", r"2 X^\top (X w - y)", (), "proved"),
    (r"\nabla_w \|X w - y\|^2", r"X^\top (X w - y)", (), "refuted"),
    # A sum without ends beside the number of its terms.
    (r"\frac{\partial}{\partial c}\frac{1}{n}\sum_i (x_i-c)^2", r"2c-\frac{2}{n}\sum_i x_i", (), "proved"),
    (r"\frac{\partial}{\partial c}\frac{1}{n}\sum_i (x_i-c)^2", r"c-\frac{2}{n}\sum_i x_i", (), "refuted"),
    (r"\sum_i (x_i - \bar{x})", "0", (r"let \bar{x} = \frac{1}{m} \sum_i x_i",), "proved"),
    (r"\sum_i (m x_i + b)", r"m \sum_i x_i + b", (), "refuted"),
    # A sum without an index runs over the one letter that counts in it.
    (r"\sum x_i y_i", r"\sum_{i=1}^n x_i y_i", (), "proved"),
    (r"\sum x_i y_i", r"\sum x_i \sum y_i", (), "refuted"),
    (r"\sum x_i y_j", r"\sum_i \sum_j x_i y_j", (), "undecided"),
    (r"\frac{\partial}{\partial m}\sum (y_i - m x_i)^2", r"-2\sum x_i (y_i - m x_i)", (), "proved"),
    (r"\frac{\partial}{\partial w_j}\sum w_j x_{ij}", r"\sum x_{ij}", (), "proved"),
    # The derivative by a variance.
    (r"\frac{\partial}{\partial\sigma^2} \frac{1}{\sigma^2}", r"-\frac{1}{\sigma^4}", (), "proved"),
    (r"\frac{\partial}{\partial\sigma^2} \frac{1}{\sigma^2}", r"-\frac{2}{\sigma^3}", (), "refuted"),
    (r"\frac{\partial}{\partial x^2} x^4", "2 x^2", (), "undecided"),
    # A definition that names the index of its parameter says nothing of another one.
    ("f(x_j)", "x_j y_j", ("let f(x_i) = x_i y_i",), "proved"),
    ("f(z_j)", "z_j y_i", ("let f(x_i) = x_i y_i",), "undecided"),
    ("f(z_j)", "z_j y_j", ("let f(x_i) = x_i y_i",), "undecided"),
    ("f(z_j)", "m z_j", ("let f(x_i) = m x_i",), "proved"),
    # What has a fixed meaning that is not known here.
    (r"\|A\|_2", r"\sqrt{\operatorname{tr}(A^\top A)}", SQUARE, "undecided"),
    (r"\|A\|_2^2", r"\operatorname{tr}(A^\top A)", SQUARE, "undecided"),
    (r"\|A\|_F^2", r"\operatorname{tr}(A^\top A)", SQUARE, "proved"),
    (r"e^{A} e^{-A}", "I", SQUARE, "undecided"),
    (r"\sqrt{A} \sqrt{A}", "A", SQUARE, "undecided"),
    (r"A^*", r"A^\top", SQUARE, "undecided"),
    (r"A^\dagger", "A", SQUARE, "undecided"),
    (r"\binom{n}{k}", r"\binom{n}{n-k}", (), "undecided"),
    (r"\sum_{k=0}^{\infty} x^k", r"\frac{1}{1-x}", (), "undecided"),
    (r"\operatorname{erfc}(x)", r"-\operatorname{erfc}(-x)", (), "undecided"),
    ("x_+", r"\max(0,x)", (), "undecided"),
    (r"\delta_{2i,2j}", r"\delta_{ij}", (), "undecided"),
    (r"\delta_{12}", "0", (), "proved"),
    # An indicator of a class: one of them is 1.
    (r"\sum_{k=1}^K \mathbb{1}[y_i=k]", "1", (), "proved"),
    (r"\sum_{k=1}^K \mathbb{1}[y_i=k]", "2", (), "refuted"),
    (r"x \mathbb{1}[x = 0]", "0", (), "undecided"),
    (r"\frac{a-b}{a-b}", "1", (r"assume a \neq b",), "proved"),
    (r"\sin(\pi a)", "0", (r"assume a \neq b",), "refuted"),
    (r"\frac{\partial x_c}{\partial x_k}", "0", (r"assume c \neq k",), "proved"),
    # p = (p_i) by z = (z_k).
    (r"\frac{\partial p}{\partial z}", r"\operatorname{diag}(p) - p p^\top",
     (r"let p_i = \frac{e^{z_i}}{\sum_{k=1}^K e^{z_k}}",), "proved"),
    (r"\frac{\partial p}{\partial z}", r"\operatorname{diag}(p) + p p^\top",
     (r"let p_i = \frac{e^{z_i}}{\sum_{k=1}^K e^{z_k}}",), "refuted"),
    # A sum in a definition reaches over the terms behind it that use its index.
    (r"\frac{\partial L}{\partial w}", r"\sum_{i=1}^N (x_i + 2 w y_i)",
     (r"let L = \sum_{i=1}^N w x_i + w^2 y_i",), "proved"),
    (r"\frac{\partial L}{\partial w}", r"\sum_{i=1}^N x_i + 2 w",
     (r"let L = \sum_{i=1}^N w x_i + w^2",), "proved"),
    # Vectors and matrices that list their entries, or the entries of which are defined.
    (r"\nabla_w \frac{1}{2} w^\top w", "w", (r"let w = (w_1, \dots, w_d)^\top",), "proved"),
    (r"\nabla_x x^\top x", "2x", (r"let x = \begin{bmatrix} x_1 \\ x_2 \end{bmatrix}",), "proved"),
    (r"\nabla_x x^\top x", "3x", (r"let x = \begin{bmatrix} x_1 \\ x_2 \end{bmatrix}",), "refuted"),
    (r"\frac{\partial h_t}{\partial h_{t-1}}", r"\mathrm{diag}(1-h_t \odot h_t) W", RECURRENT, "proved"),
    (r"\frac{\partial h_t}{\partial h_{t-1}}", r"\mathrm{diag}(1+h_t \odot h_t) W", RECURRENT, "refuted"),
    (r"\nabla f", r"\begin{bmatrix} 2 x y \\ x^2 \end{bmatrix}", ("let f(x, y) = x^2 y",), "proved"),
    (r"\nabla f", r"\begin{bmatrix} 2 x \\ x^2 \end{bmatrix}", ("let f(x, y) = x^2 y",), "refuted"),
    (r"\langle A, B \rangle_F", r"\operatorname{tr}(A^\top B)", SQUARE, "proved"),
    (r"\frac{\partial}{\partial w_j}\frac{1}{n}\sum_i (y_i-w^\top x_i)^2",
     r"-\frac{2}{n}\sum_i (y_i-w^\top x_i)x_{ij}", (), "proved"),
    (r"\frac{\partial}{\partial w_j}\frac{1}{n}\sum_i (y_i-w^\top x_i)^2",
     r"\frac{2}{n}\sum_i (y_i-w^\top x_i)x_{ij}", (), "refuted"),
    # The logarithm of what is positive wherever it is defined.
    (r"\log(\theta^{x}(1-\theta)^{1-x})", r"x\log\theta+(1-x)\log(1-\theta)", (), "proved"),
    (r"\log(\theta^{x}(1-\theta)^{1-x})", r"x\log\theta-(1-x)\log(1-\theta)", (), "refuted"),
    (r"\prod_{i=1}^n p^{x_i}(1-p)^{1-x_i}", r"p^{\sum_{i=1}^n x_i}(1-p)^{n-\sum_{i=1}^n x_i}", (), "proved"),
    (r"\log\prod_{i=1}^n\frac{1}{\sqrt{2\pi}\sigma}\exp\left(-\frac{(x_i-\mu)^2}{2\sigma^2}\right)",
     r"-n\log\sigma-\frac{n}{2}\log(2\pi)-\frac{1}{2\sigma^2}\sum_{i=1}^n(x_i-\mu)^2", (), "proved"),
    (r"\log\prod_{i=1}^n\frac{1}{\sqrt{2\pi}\sigma}\exp\left(-\frac{(x_i-\mu)^2}{2\sigma^2}\right)",
     r"-n\log\sigma-n\log(2\pi)-\frac{1}{2\sigma^2}\sum_{i=1}^n(x_i-\mu)^2", (), "refuted"),
    # An intercept is none of the coefficients that are summed from 1 on.
    (r"\frac{\partial}{\partial \beta_j}(\beta_0+\sum_{k=1}^p x_k\beta_k)^2",
     r"2 x_j (\beta_0+\sum_{k=1}^p x_k\beta_k)", (), "proved"),
    (r"\frac{\partial}{\partial \beta_j}(\beta_0+\sum_{k=0}^p x_k\beta_k)", "x_j", (), "undecided"),
    # Cases that leave something out.
    (r"\begin{cases} x & x > 0 \end{cases}", "x", (), "undecided"),
    (r"\begin{cases} x & x > 0 \\ -x & x \le 0 \end{cases}", "|x|", (), "proved"),
    (r"\begin{cases} x & x > 0 \\ x & x \le 0 \end{cases}", "|x|", (), "refuted"),
    # Indices without a comma.
    (r"\sum_{i=1}^{2N}x_i", r"\sum_{i=1}^N x_{2i}+\sum_{i=1}^N x_{2i+1}", (), "refuted"),
    (r"\sum_{i=1}^N x_{2i}+x_1", r"x_1+\sum_{j=1}^N x_{2j}", (), "proved"),
    (r"\sum_{i=1}^2\sum_{j=1}^2 z_{ij}", "z_{11}+z_{12}+z_{21}+z_{22}", (), "proved"),
    (r"\sum_{i=1}^2\sum_{j=1}^2 z_{ij}", "z_{11}+z_{12}+z_{21}+2z_{22}", (), "refuted"),
    ("z_{12}", "a_1 b_2", ("let z_{ij} = a_i b_j",), "proved"),
    ("z_{12}", "a_2 b_1", ("let z_{ij} = a_i b_j",), "refuted"),
    # s (1 - s) is a product also where s is a function; sigma alone is its value.
    ("s'(z)", "s(1-s)", (r"let s(z) = \frac{1}{1+e^{-z}}",), "proved"),
    ("s'(z)", "s(1+s)", (r"let s(z) = \frac{1}{1+e^{-z}}",), "refuted"),
    ("f(1+f(x))", "(x^2+1)^2", ("let f(x) = x^2",), "proved"),
    (r"\sigma(1-\sigma)", r"\sigma-\sigma^2", (), "proved"),
    (r"\sigma'(z)", r"\sigma(1-\sigma)", (), "proved"),
    (r"\sigma'", r"\sigma(1+\sigma)", (), "refuted"),
    (r"\frac{\partial\sigma}{\partial x_i}", r"\frac{x_i-\mu}{N\sigma}", (), "undecided"),
    # Where no case holds, nothing is defined.
    ("f(0)", "0", (STRICT,), "undecided"),
    ("f(x)^2", "1", (STRICT,), "proved"),
    ("f(x)", "f(-x)", (STRICT,), "refuted"),
    ("f(0)", "0", (r"let f(x) = \begin{cases} 1 & x > 0 \end{cases}",), "undecided"),
    # A sum in a definition that was read to its end is said, and refutes nothing.
    ("L", r"\sum_{i=1}^N a_i + b_i", (r"let L = \sum_{i=1}^N a_i + b_i",), "undecided"),
    # The signs of numerator and denominator are not known one by one.
    (r"\log\frac{e^a b}{x}", r"a+\log\frac{b}{x}", (), "proved"),
    (r"\log\frac{e^a b}{x}", r"a-\log\frac{b}{x}", (), "refuted"),
    # What stands behind a transposed vector is a vector.
    (r"\nabla_{w_k} w_k^\top x_n", "x_n", (), "proved"),
    (r"\frac{1}{1+e^{-\theta^T x}}", r"\sigma(\theta^T x)", (), "proved"),
    (r"\nabla_w \sigma(w^T x_i)", r"\sigma(w^T x_i)(1-\sigma(w^T x_i)) x_i", (), "proved"),
    (r"\nabla_w \sigma(w^T x_i)", r"\sigma(w^T x_i)(1+\sigma(w^T x_i)) x_i", (), "refuted"),
    # Where only sigma^2 is defined, sigma is its root.
    (r"\sigma^4", r"(\sigma^2)^2", (MEAN, VARIANCE), "proved"),
    (r"\frac{\partial\sigma}{\partial x_j}", r"\frac{x_j-\mu}{m\sigma}", (MEAN, VARIANCE), "proved"),
    (r"\frac{\partial\sigma^2}{\partial x_j}", r"\frac{2}{m}(x_j-\mu)", (MEAN, VARIANCE), "proved"),
    (r"\frac{\partial\sigma^2}{\partial x_j}", r"\frac{1}{m}(x_j-\mu)", (MEAN, VARIANCE), "refuted"),
    (r"\sigma^3", r"\sigma^2", (MEAN, VARIANCE), "undecided"),
    # \bar{x} beside the sum of the x_i may be their mean.
    (r"\sum_{i=1}^N (x_i - \bar x)^2", r"\sum_{i=1}^N x_i^2 - N \bar x^2", (), "proved"),
    (r"\sum_{i=1}^N (x_i - \bar x)^2", r"\sum_{i=1}^N x_i^2 + N \bar x^2", (), "undecided"),
    (r"\sum_{i=1}^N (x_i - \bar x)", "0", (r"let \bar x = \frac{2}{N} \sum_{i=1}^N x_i",), "refuted"),
    (r"\sum_{i=1}^N (x_i - \bar x)(y_i - \bar y)", r"\sum_{i=1}^N x_i y_i - N\bar x \bar y", (), "proved"),
    (r"2 \bar{x}", r"\bar{x}", (), "refuted"),
    # f^{(n)} of a function that is defined is its derivative.
    ("f^{(2)}(x)", "f''(x)", ("let f(x) = x^3",), "proved"),
    ("f^{(3)}(x)", "6", ("let f(x) = x^3",), "proved"),
    ("f^{(3)}(x)", "7", ("let f(x) = x^3",), "refuted"),
    ("f^{(n)}(x)", "6", ("let f(x) = x^3",), "undecided"),
    (r"\operatorname{softmax}(z)_i", r"\frac{e^{z_i}}{\sum_{j=1}^K e^{z_j}}", (), "proved"),
    # p_{y_i} is the entry of p at the label, which is one of those that p has.
    (r"\frac{\partial}{\partial s_k} (-\log p_{y_i})", r"p_k - \mathbb{1}(y_i = k)", (SHARES,), "proved"),
    (r"\frac{\partial}{\partial s_k} (-\log p_{y_i})", "p_k", (SHARES,), "refuted"),
    (r"\frac{\partial}{\partial s_k} (-\log p_{y_i})", "p_k - 1", (SHARES,), "refuted"),
    (r"\frac{\partial}{\partial s_k} (-s_{y_i} + \log \sum_{j=1}^K e^{s_j})", "p_k", (SHARES,), "refuted"),
    (r"\sum_{i=1}^N \sum_{k=1}^K \mathbb{1}(y_i = k) \log p_k", r"\sum_{i=1}^N \log p_{y_i}", (SHARES,),
     "undecided"),
    # The number between v^T and v.
    (r"v^\top \lambda v", r"\lambda \lVert v \rVert_2^2", (), "proved"),
    (r"v^\top \lambda v", r"2 \lambda \lVert v \rVert_2^2", (), "refuted"),
    # A_21 is -A_12, and what is said of one is said of the other.
    ("A_{12}^2", "A_{12}", (*SKEW, r"assume A_{21} \in \{0,1\}"), "refuted"),
    ("A_{12}^2", "-A_{12}", (*SKEW, r"assume A_{21} \in \{0,1\}"), "proved"),
    ("A_{12}^2", "-A_{12}", (SQUARE[0], r"assume A_{21} \in \{0,1\}", SKEW[1]), "proved"),
    ("A_{11}", "0", (*SKEW, r"assume A_{11} \in \{0,1\}"), "proved"),
    # What is said of every entry holds of those that a claim names, also where n is smaller.
    ("A_{12}", "0", (*SKEW, r"assume A_{12} \in \{0,1\}", r"assume A_{21} \in \{0,1\}"), "undecided"),
    ("A_{12}^2", "-A_{12}", (*SKEW, r"assume A_{ij} \in \{0,1\}"), "undecided"),
    ("x_{2000}", "y_{2000}", (r"assume x_i - x_j = y_i - y_j",), "undecided"),
    # Entrywise quotients.
    (r"(u \oslash v) \odot v", "u", ENTRYWISE, "proved"),
    (r"u \oslash v", r"v \oslash u", ENTRYWISE, "refuted"),
    (r"\frac{\partial}{\partial v_j} \sum_{i=1}^n (u \oslash v)_i", "-u_j/v_j^2", ENTRYWISE, "proved"),
    (r"\frac{\partial}{\partial v_j} \sum_{i=1}^n (u \oslash v)_i", "u_j/v_j^2", ENTRYWISE, "refuted"),
    # The inverses of a family are as many as its matrices, and that of A^T is no A^{-1}.
    ("A_1^{-1}", "A_2^{-1}", FAMILY, "undecided"),
    (r"\sum_{k=1}^3 A_k^{-1}", "3 A_1^{-1}", FAMILY, "undecided"),
    (r"\sum_{k=1}^m v^\top A_k^{-1} v", r"\sum_{j=1}^m v^\top A_j^{-1} v", FAMILY, "proved"),
    (r"\sum_{k=1}^m (A_k + B)^{-1}", "m (A_k + B)^{-1}", FAMILY, "undecided"),
    (r"(B^\top)^{-1}", "B^{-1}", FAMILY, "undecided"),
    (r"(B^\top)^{-1}", r"(B^{-1})^\top", FAMILY, "proved"),
    # What depends on what depends on it is not known.
    (r"\frac{\partial}{\partial y} x", r"\frac{\partial}{\partial x} y", (), "undecided"),
]


def test_an_inequality_that_nothing_fulfils_is_refused() -> None:
    scope = read_directives((r"assume a \neq a",))
    with pytest.raises(ScopeError, match="contradicts itself"):
        prove_nodes(read("a", scope), read("1", scope), scope)


@pytest.mark.parametrize(("lhs", "rhs", "lines", "expected"), CLAIMS)
def test_verdict(lhs: str, rhs: str, lines: tuple[str, ...], expected: str) -> None:
    scope = read_directives(lines)
    found = prove_nodes(read(lhs, scope), read(rhs, scope), scope)
    assert found.status == expected, str(found)
