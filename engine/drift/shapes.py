"""The shapes of what is not a command: each a pattern with the clause that says what was seen.

A shape is looked for in the line alone; `engine.drift.judge` decides in which order, and what to do
with a line that has none.
"""

import re

import msgspec


class Shape(msgspec.Struct, frozen=True):
    """A pattern and what its presence means."""

    pattern: re.Pattern[str]
    why: str


def _shapes(*pairs: tuple[str, str]) -> tuple[Shape, ...]:
    return tuple(Shape(re.compile(pattern), why) for pattern, why in pairs)


def find(shapes: tuple[Shape, ...], line: str) -> str | None:
    """What the first matching shape says; none where none matches at the line's start."""
    for shape in shapes:
        if shape.pattern.match(line):
            return shape.why
    return None


COLON = re.compile(
    r"\s*(?P<head>[^\s:${}()\"'=|;&<>-][^\s:${}()\"'=|;&<>]*):(?:\s+(?P<value>.*))?$"
)
"""A first word with a colon: what programs put before a message, and authors before a list."""

CONTROL_ANYWHERE = re.compile(
    r"<[|\uff5c][\w.\u2581 -]{1,40}[|\uff5c]>"  # <|im_start|>, also with full-width bars
    r"|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>|</?s>(?=\s|$|\[)|<(?:bos|eos|pad|unk)>"
)
"""Text that some model family uses as a control token."""

CONTROL = _shapes(
    (
        r"(?i)\s*(?:\*\*)?(?:user|assistant|system|human|ai|bot|model|tool|developer)(?:\*\*)?\s*:",
        "begins with a role tag",
    ),
    (
        r"(?i)\s*#{2,4}\s*(?:user|assistant|system|human|ai|instructions?|response|input|output)"
        r"\s*:?\s*$",
        "is a role tag",
    ),
    (r"(?i)\s*#{2,4}\s*(?:user|assistant|system|human|instruction|response)\s*:", "has a role tag"),
    (r"(?:user|assistant|system)\s*$", "is a role's name alone"),
    (r"(?i)\s*[\[{<](?:role|user|assistant|system|human)[\]}>]", "begins with a role tag"),
)

REASONING = re.compile(
    r"(?is)\s*<(?P<tag>think|thinking|thought|reasoning|reflection|scratchpad|analysis)>"
    r"(?P<inside>.*?)(?P<close></(?P=tag)>|$)(?P<after>.*)"
)
REASONING_END = re.compile(
    r"(?is)(?P<inside>.*?)</(?:think|thinking|thought|reasoning|reflection|scratchpad|analysis)>"
    r"(?P<after>.*)"
)

FENCE = re.compile(r"\s*(?:```|~~~)")

MARKDOWN = _shapes(
    (r"\s*#{2,6}\s+\S", "is a markdown heading"),
    (r"\s*\*\*[^*]+\*\*", "begins in bold"),
    (r"\s*__[A-Za-z][^_]*__(?:\s|$)", "begins in bold"),
    (r"\s*[-*+•–]\s+\S", "is an item of a bulleted list"),
    (r"\s*>\s+[A-Z][a-z']*\s+[a-z]", "is a quotation"),
    (r"\s*(?:-{3,}|\*{3,}|_{3,}|={3,})\s*$", "is a ruler"),
    (r"\s*\|(?:\s|(?:[^|]*\|){2,}\s*$)", "is a row of a table"),
    (r"\s*!?\[[^\]]+\]\([^)]+\)", "is a link"),
    (r"\s*`[^`$]*\s[^`$]*`[.:,]?\s*$", "is inline code"),
    (r"\s*\*[A-Za-z][^*]*[a-z.!?:]\*\s*$", "is in italics"),
)
NUMBERED = re.compile(r"\s*\(?(?:\d{1,3}|[A-Za-z])[.)]\s+(?P<item>\S.*)")
"""A numbered item: of a list, or of what a program printed."""

PROMPT = re.compile(
    r"\s*-?(?:"
    r"\[?[\w.-]+@[\w.-]+(?:[: ]\s?[~/][\w./~-]*)?(?:[: ]\w+)?\s?(?:\][#$%]?|[#$%>])+#?"  # root@box:~#
    r"|(?:ba|z|k|da)?sh-\d[\d.]*[#$%]"
    r"|[A-Z]:\\[^>]*>"
    r"|PS [A-Z]:\\[^>]*>"
    r"|~?[$%](?=\s)"
    r"|\w+[$](?=\s)"
    r")\s*(?P<typed>.*)"
)
"""A shell's prompt at the line's start, and what stands after it."""

_FAILED = (
    r"not found|no such file|cannot|can't|could not|couldn't|permission denied|invalid|unable to"
    r"|failed|is a directory|not a directory|missing|syntax error|unrecognized|unrecognised"
    r"|command not|not permitted|no such|illegal|unexpected|does not exist|already exists|denied"
    r"|too many|try '|usage:|undefined|unknown|not installed|is not|file exists|refused"
)
_AUTHORS = (
    r"(?:note|hint|tip|explanation|example|answer|output|result|solution|important|summary|question"
    r"|command|step|problem|reason)"
)
"""Words with a colon by which an author, not a program, begins."""

ECHO = _shapes(
    (r"\s*>\s*$", "is the shell's second prompt"),
    (
        rf"(?i)\s*(?!{_AUTHORS}:)-?[\w./+<>'`‘’\"-]+:(?:\s?(?:line )?\d+:)?\s+(?:.*\b)?(?:{_FAILED})",
        "has the form of an error message",
    ),
    (
        r"(?i)\s*(?:user )?permission denied\W*$|(?:(?:\w*error|warning|fatal|panic|traceback|usage"
        r"|err|exception)\b(?: \w+)?:)|(?:[EW]: )"
        r"|traceback \(most|segmentation fault|killed\s*$|terminated\s*$|aborted\s*$"
        r"|command not found|no such file|operation not permitted|unable to |cannot ",
        "has the form of an error message",
    ),
    (r"\s*total \d+[\d.KMGT]*\s*$", "is the first line of `ls -l`"),
    (r"\s*--?[A-Za-z0-9][-\w]*(?::|\s|$)", "begins with an option, without a command"),
    (r"\s*[-dlbcps][-rwxsStT]{9}[.+@]?(?:\s|$)", "is a line of `ls -l`"),
    (r"[A-Za-z_][\w.-]*:[^:\s]*:\d*:\d*:[^:]*:[^:]*:\S*$", "is a line of /etc/passwd"),
    (r"\s*(?:Filesystem|USER|PID|UID|Mem:|Swap:|NAME|Proto|COMMAND)\s{2,}\S", "is a table's head"),
    (r"\s*(?:Filesystem|USER|PID|UID)\s+[A-Z]", "is a table's head"),
    (r"\S+(?:\s+\d[\d.]*[KMGTP]?i?B?)+\s+\d+%(?:\s|$)", "is a line of `df`"),
    (r"\S+(?:\s+\d[\d.]*[KMGTP]i?B?){2,}(?:\s|$)", "is a line of `df`"),
    (r"[A-Z][\w/]*\s{2,}\d[\d.]*[KMGTP]?i?B?\s*$", "is a row of a table"),
    (r"\s*(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),?\s+(?:[A-Z][a-z]{2}|\d)", "is a date"),
    (r"\s*\d{4}-\d\d-\d\d[T ]\d\d:\d\d", "is a time stamp"),
    (r"Linux \S+ \d+\.\d", "is the output of `uname -a`"),
    (r"\s*[-+]?\d[\d.,:]*\s*[KMGTP]?i?B?\s*%?\s*$", "is a number alone"),
    (r"\s*\d+\s+[\w./-]*[./][\w./-]*\s*$", "is a count with a file's name"),
    (r"\s*\d{1,3}(?:\.\d{1,3}){3}\s*$", "is an address alone"),
    (r"\s*--?\s*$", "is a dash alone"),
    (r"uid=\d+\(", "is the output of `id`"),
    (r"Task:", "is the task, which the shell's side shows"),
    (r"https?://\S+\s*$", "is an address alone"),
)

_CALL = r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*"
CODE = _shapes(
    (r"\s*#\s*(?:include\s*[<\"]|define\s+\w|pragma\b|ifdef\b|ifndef\b|endif\b)", "is C"),
    (r"\s*(?:<\?php|<\?=|\?>)|\s*\$\w+\s*(?:=\s|->)", "is PHP or Perl"),
    (r"\s*<!DOCTYPE|\s*<!--|\s*<\?xml", "is HTML or XML"),
    (
        r"\s*</?[a-zA-Z][\w-]*(?:\s+[\w:-]+\s*=\s*(?:\"[^\"]*\"|'[^']*'|\w+))*\s*/?>",
        "is HTML or XML",
    ),
    (r"\s*>>>(?:\s|$)|\s*In \[\d+\]:", "is at Python's prompt"),
    (
        r"\s*import\s+[A-Za-z_][\w.]*(?:\s+as\s+\w+)?(?:\s*,\s*[\w.]+)*\s*;?\s*$"
        r"|\s*from\s+\.*[\w.]+\s+import\s",
        "is an import in Python",
    ),
    (r"\s*(?:async\s+)?def\s+\w+\s*\(", "defines a function in Python"),
    (r"\s*class\s+\w+\s*(?:\(.*\))?\s*[:{]", "defines a class"),
    (r"\s*@[A-Za-z_][\w.]*(?:\(.*\))?\s*$", "is a decorator"),
    (
        r"\s*(?:if|elif|while|for|with|except|else|try|finally|lambda)\b(?!.*;\s*(?:then|do)\b).*"
        r":\s*(?:#.*)?$",
        "opens a block in Python",
    ),
    (
        r"\s*(?:if|while|for|switch|catch)\s*\(.*\)\s*\{?\s*$",
        "opens a block in C or a like language",
    ),
    (r"\s*\}\s*(?:else|catch|finally)\b|\s*\}\s*[;,)]", "closes a block in C or a like language"),
    (
        r"\s*(?:if|elif|while)\s+(?:not\s+)?(?:[\w.]+\(.*\)"
        r"|[\w.\[\]\"']+\s*(?:[=!]=|<=|>=|\s(?:in|is|not|and|or)\s))",
        "is a condition in Python",
    ),
    (r"\s*with\s+\w+\(", "opens a block in Python"),
    (r"(?: {4,}|\t)(?:return|print|pass|break|continue|yield)\s*$", "is a statement in Python"),
    (r"\s*(?:raise|assert|yield|await)\s+\w|\s*return\s+[^\d$\s-]", "is a statement in Python"),
    (r"\s*(?:True|False|None|NULL|nil|undefined)\s*;?\s*$", "is a constant of another language"),
    (
        r"\s*(?:public|private|protected|static|final|abstract|void|unsigned|struct|typedef|enum"
        r"|template|namespace|using|extern|virtual)\s+[\w<*]",
        "is C or a like language",
    ),
    (
        r"\s*(?:int|char|float|double|bool|long|short|string|String|auto)\s+\**\w+(?:\[.*\])?"
        r"\s*(?:=|;|\(|,)",
        "is a declaration in C or a like language",
    ),
    (
        r"\s*(?:const|let|var)\s+[\w{\[][^=]*\s=\s|\s*(?:console|document|window)\.\w",
        "is JavaScript",
    ),
    (r"\s*(?:\([^()]*\)|\w+)\s*=>\s*\S|\s*function\s*\w*\s*\([^)]", "is JavaScript"),
    (
        r"(?i)\s*(?:select\s.+\sfrom\s|insert\s+into\s|update\s+\S+\s+set\s|delete\s+from\s\S+(?:\s+where|;|$)"
        r"|(?:create|drop|alter)\s+(?:table|database|index|view)\s|use\s+\w+;)",
        "is SQL",
    ),
    (r"\s*[\[{]?\s*\"[^\"]*\"\s*:\s*\S|\s*[\[{]\s*(?:\{|\"[^\"]*\"\s*,)|\s*\{\s*\}\s*$", "is JSON"),
    (r"\s*(?:package|func|fn|impl|pub|mod|use|match)\s+[\w:]+.*[{;(]\s*$", "is Go or Rust"),
    (r"\s*(?:Get|Set|New|Remove|Write|Import|Start|Stop|Test|Invoke)-[A-Z]\w+", "is PowerShell"),
    (r"\s*(?:FROM|RUN|CMD|COPY|ENTRYPOINT|WORKDIR|EXPOSE)\s+\S", "is a Dockerfile"),
    (r"\s*(?:\"\"\"|''')", "is a docstring in Python"),
    (rf"\s*{_CALL}\((?!\s*\)).*", "calls a function as other languages do"),
    (rf"\s*{_CALL}\.[A-Za-z_]\w*\(", "calls a method as other languages do"),
    (r"\s*(?:exit|quit|main|print|input)\(\)\s*;?\s*$", "calls a function as other languages do"),
    (
        rf"\s*{_CALL}(?:\[[^\]]*\])?(?:\s*,\s*\w+)*\s+(?:[-+*/|&]|//|\*\*)?=\s+\S",
        "assigns with spaces around the `=`",
    ),
    (r"\s*(?:std::|System\.out|printf\s*\(\s*\")", "is C++ or Java"),
)

QUESTION = re.compile(r".*[?\uff1f]\W*$|\s*[¿¡]")
CHAT = re.compile(
    r"(?i)\W*(?:sure|certainly|of course|absolutely|hello|hi|hey|greetings|great|thanks|thank you"
    r"|welcome|ok|okay|alright|oh|yep|got it|understood|no problem"
    r"|good (?:morning|day|question))"
    r"(?:\s*[,.!:;—–-]|\s+(?:there|thing|no|i|not|idea|question|again)\b)"
    r"|\W*i(?:['’]?m| am)\s"
    r"|\W*i(?:['’]ll| will| can(?:['’]t|not)?|['’]d| would| do(?:n['’]t| not)?)\s+"
    r"(?:be|do|help|assist|try|have|provide|access|need|like|love|understand|know|not)\b"
    r"|\W*(?:i (?:understand|apologi[sz]e|hope)|as an ai|sorry|apologies|my apologies|forgive me)\b"
    r"|.*\b(?:please|let me know|feel free|how (?:can|may) i (?:help|assist)|would you like"
    r"|do you (?:want|need|have)|can you|could you|i['’]m here to|happy to (?:help|assist)"
    r"|thank you|i apologi[sz]e|i['’]m sorry)\b"
    r"|\W*(?:claro|hola|por supuesto|bonjour|bien sûr|voici|natürlich|gerne|hallo|guten|olá|ciao|certo"
    r"|привет|здравствуйте|конечно|你好|好的|当然|您好|こんにちは|はい|もちろん|안녕|물론)"
)
"""Speech to a person: greetings, apologies, offers, thanks, questions to the reader."""
