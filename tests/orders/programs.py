"""Programs that say which of two versions is older: how to find them, and how to ask them about many pairs at once."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

Pair = tuple[str, str]
Answers = list[str]
"""For each pair ``<``, ``=`` or ``>``, or ``?`` where the program takes one of the two for no version."""

_SIGNS = {"-1": "<", "0": "=", "1": ">", "?": "?"}
MAVEN_LINE = "3.9."
_MAVEN = Path.home() / ".m2/repository/org/apache/maven/maven-artifact"
_JAVA = """
import java.io.*;
import org.apache.maven.artifact.versioning.ComparableVersion;
public class Order {
    public static void main(String[] none) throws IOException {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, "UTF-8"));
        for (String line; (line = lines.readLine()) != null; ) {
            String[] two = line.split("\\t", -1);
            int answer = new ComparableVersion(two[0]).compareTo(new ComparableVersion(two[1]));
            System.out.println(Integer.signum(answer));
        }
    }
}
"""
_GO = """
package main
import ("bufio"; "fmt"; "go/version"; "os"; "strings"; "golang.org/x/mod/semver")
func main() {
    lines := bufio.NewScanner(os.Stdin)
    for lines.Scan() {
        two := strings.Split(lines.Text(), "\\t")
        switch {
        case version.IsValid(two[0]) && version.IsValid(two[1]): fmt.Println(version.Compare(two[0], two[1]))
        case semver.IsValid(two[0]) && semver.IsValid(two[1]): fmt.Println(semver.Compare(two[0], two[1]))
        default: fmt.Println("?")
        }
    }
}
"""
_RUST = """
use std::io::BufRead;
fn main() {
    for line in std::io::stdin().lock().lines() {
        let line = line.unwrap();
        let two: Vec<_> = line.split('\\t').map(semver::Version::parse).collect();
        match (&two[0], &two[1]) {
            (Ok(left), Ok(right)) => println!("{}", left.cmp_precedence(right) as i8),
            _ => println!("?"),
        }
    }
}
"""
_PHP = """
require '/usr/share/php/Composer/Semver/autoload.php';
$parser = new Composer\\Semver\\VersionParser();
while (($line = fgets(STDIN)) !== false) {
    $two = explode("\\t", rtrim($line, "\\n"));
    try {
        $two = array_map([$parser, 'normalize'], $two);
        $branch = strpos($two[0], 'dev-') === 0 || strpos($two[1], 'dev-') === 0;
        echo $branch ? '?' : version_compare($two[0], $two[1]), "\\n";
    } catch (UnexpectedValueException $problem) {
        echo "?\\n";
    }
}
"""
_RUBY = """
STDIN.each_line(chomp: true) do |line|
  begin
    left, right = line.split("\\t", -1).map { |one| raise ArgumentError if one.empty?; CLASS.new(one) }
    puts left == right ? 0 : left > right ? 1 : -1
  rescue ArgumentError
    puts "?"
  end
end
"""
_NODE = """
const semver = require(process.argv[1]);
require("fs").readFileSync(0, "utf8").split("\\n").slice(0, -1).forEach(line => {
  const two = line.split("\\t").map(one => semver.parse(one, {loose: true}));
  console.log(two.includes(null) ? "?" : semver.compare(two[0], two[1], true));
});
"""
_R = """
for (line in readLines(file("stdin"))) {
  two <- strsplit(line, "\\t")[[1]]
  cat(tryCatch(compareVersion(as.character(numeric_version(two[1])), as.character(numeric_version(two[2]))),
               error = function(problem) "?"), "\\n")
}
"""
_ELIXIR = """
for line <- IO.stream(:stdio, :line) do
  case line |> String.trim_trailing("\\n") |> String.split("\\t") |> Enum.map(&Version.parse/1) do
    [{:ok, left}, {:ok, right}] -> IO.puts(%{lt: -1, eq: 0, gt: 1}[Version.compare(left, right)])
    _ -> IO.puts("?")
  end
end
"""


@dataclass(frozen=True)
class Program:
    """One that knows an order.

    Attributes:
        name: what it is, as the table says it.
        find: what it needs to be asked; None where it is not here.
        ask: answers for pairs, given what was found.
        always: whether every machine that runs all tests has it.
        only_made: whether it takes too long, or too much, to be asked in a test.
        stride: a test asks about every so many pairs; more than 1 where each pair is a process.
    """

    name: str
    find: Callable[[], str | None]
    ask: Callable[[str, Sequence[Pair]], Answers]
    always: bool = False
    only_made: bool = False
    stride: int = 1


def _on_path(name: str) -> Callable[[], str | None]:
    return lambda: shutil.which(name)


def _module(name: str) -> Callable[[], str | None]:
    def find() -> str | None:
        try:
            return name if importlib.util.find_spec(name) is not None else None
        except ModuleNotFoundError:
            return None

    return find


def _run(command: Sequence[str], pairs: Sequence[Pair], where: str | None = None) -> Answers:
    lines = "".join(f"{left}\t{right}\n" for left, right in pairs)
    done = subprocess.run(command, input=lines, capture_output=True, text=True, cwd=where, check=False)
    assert done.returncode == 0, done.stderr
    return [_SIGNS[line.strip()] for line in done.stdout.splitlines()]


def _rpm(program: str, pairs: Sequence[Pair]) -> Answers:
    calls = " ".join(f"print(rpm.vercmp({_lua(left)}, {_lua(right)}) .. ' ')" for left, right in pairs)
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(calls)
        script.flush()
        load = f"%{{lua: dofile('{script.name}')}}"
        done = subprocess.run([program, "--eval", load], capture_output=True, text=True, check=True)
    return [_SIGNS[part] for part in done.stdout.split()]


def _lua(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _dpkg(program: str, pairs: Sequence[Pair]) -> Answers:
    valid = {text: _is_deb(program, text) for pair in pairs for text in pair}
    return ["?" if not (valid[a] and valid[b]) else _relation(program, a, b) for a, b in pairs]


def _relation(program: str, left: str, right: str) -> str:
    for word, sign in (("lt", "<"), ("eq", "="), ("gt", ">")):
        if subprocess.run([program, "--compare-versions", left, word, right], check=False).returncode == 0:
            return sign
    raise AssertionError(f"{left} and {right} have no order")


def _is_deb(program: str, version: str) -> bool:
    return subprocess.run([program, "--validate-version", version], capture_output=True, check=False).returncode == 0


def _apk(program: str, pairs: Sequence[Pair]) -> Answers:
    def asked(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([program, "version", *words], capture_output=True, text=True, check=False)

    valid = {text: asked("-c", text).returncode == 0 for pair in pairs for text in pair}
    return [asked("-t", a, b).stdout.strip() if valid[a] and valid[b] else "?" for a, b in pairs]


def maven_jar(line: str = MAVEN_LINE) -> str | None:
    """The newest maven-artifact of a line that is here: in the local repository, or Debian's (3.8 is the same)."""
    jars = sorted(_MAVEN.glob(f"{line}*/maven-artifact-{line}*.jar"))
    if line == MAVEN_LINE and not jars:
        jars = sorted(Path("/usr/share/java").glob("maven-artifact-3.x.jar"))
    return str(jars[-1]) if jars and shutil.which("java") and shutil.which("javac") else None


def maven(jar: str, pairs: Sequence[Pair]) -> Answers:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "Order.java").write_text(_JAVA, encoding="utf-8")
        subprocess.run(["javac", "-cp", jar, "Order.java"], cwd=folder, check=True)
        return _run(["java", "-cp", f"{jar}{os.pathsep}.", "Order"], pairs, folder)


def _go(program: str, pairs: Sequence[Pair]) -> Answers:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "order.go").write_text(_GO, encoding="utf-8")
        for words in (["mod", "init", "order"], ["get", "golang.org/x/mod/semver"]):
            subprocess.run([program, *words], cwd=folder, check=True, capture_output=True)
        return _run([program, "run", "."], pairs, folder)


def _rust(program: str, pairs: Sequence[Pair]) -> Answers:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([program, "init", "--quiet", "--name", "order"], cwd=folder, check=True)
        subprocess.run([program, "add", "--quiet", "semver"], cwd=folder, check=True)
        Path(folder, "src/main.rs").write_text(_RUST, encoding="utf-8")
        return _run([program, "run", "--quiet"], pairs, folder)


def _node_semver() -> str | None:
    places = ("/usr/lib/node_modules/npm/node_modules/semver", "/usr/local/lib/node_modules/npm/node_modules/semver",
              "/usr/share/nodejs/semver")  # fmt: skip
    return next((place for place in places if Path(place).is_dir()), None) if shutil.which("node") else None


def _composer() -> str | None:
    return "php" if shutil.which("php") and Path("/usr/share/php/Composer/Semver/autoload.php").is_file() else None


def _conan(module: str, pairs: Sequence[Pair]) -> Answers:
    version = importlib.import_module(module).Version
    two = [(version(left), version(right)) for left, right in pairs]
    return ["=" if left == right else "<" if left < right else ">" for left, right in two]


def _conda(module: str, pairs: Sequence[Pair]) -> Answers:
    rattler = importlib.import_module(module)

    def read(text: str) -> object:
        try:
            return rattler.Version(text)
        except Exception:
            return None

    def sign(left: object, right: object) -> str:
        if left is None or right is None:
            return "?"
        return "=" if left == right else "<" if left < right else ">"

    return [sign(read(left), read(right)) for left, right in pairs]


def _packaging(module: str, pairs: Sequence[Pair]) -> Answers:
    version = importlib.import_module(module)

    def read(text: str) -> object:
        try:
            return version.Version(text)
        except version.InvalidVersion:
            return None

    def sign(left: object, right: object) -> str:
        if left is None or right is None:
            return "?"
        return "=" if left == right else "<" if left < right else ">"

    return [sign(read(left), read(right)) for left, right in pairs]


def _pods() -> str | None:
    """The folder of cocoapods-core's source, which Debian has no package of."""
    return os.environ.get("COCOAPODS_CORE") if shutil.which("ruby") else None


def _ask_pods(folder: str, pairs: Sequence[Pair]) -> Answers:
    load = "module Pod; module Vendor; Gem = ::Gem; end; end\n" + f"require '{folder}/version.rb'\n"
    return _run(["ruby", "-e", load + _RUBY.replace("CLASS", "Pod::Version")], pairs)


PROGRAMS = {
    "apk": Program("apk-tools 3", _on_path("apk"), _apk, stride=11),
    "cargo": Program("the crate semver", _on_path("cargo"), _rust, only_made=True),
    "cocoapods": Program("cocoapods-core", _pods, _ask_pods, only_made=True),
    "composer": Program("composer/semver", _composer, lambda php, pairs: _run([php, "-r", _PHP], pairs), always=True),
    "conan": Program("Conan 2", _module("conan.internal.model.version"), _conan),
    "conda": Program("rattler", _module("rattler"), _conda),
    "cran": Program("R", _on_path("Rscript"), lambda program, pairs: _run([program, "-e", _R], pairs)),
    "deb": Program("dpkg", _on_path("dpkg"), _dpkg, always=True, stride=11),
    "gem": Program(
        "Gem::Version",
        _on_path("ruby"),
        lambda program, pairs: _run([program, "-e", _RUBY.replace("CLASS", "Gem::Version")], pairs),
        always=True,
    ),
    "golang": Program("golang.org/x/mod/semver and go/version", _on_path("go"), _go, only_made=True),
    "hex": Program("Elixir", _on_path("elixir"), lambda program, pairs: _run([program, "-e", _ELIXIR], pairs)),
    "maven": Program("maven-artifact 3.9", maven_jar, maven),
    "npm": Program("node-semver", _node_semver, lambda folder, pairs: _run(["node", "-e", _NODE, folder], pairs)),
    "pypi": Program("packaging", _module("packaging.version"), _packaging, always=True),
    "rpm": Program("rpm", _on_path("rpm"), _rpm, always=True),
}


def tables() -> Path:
    """The folder of the answers."""
    return Path(__file__).parent / "tables"


def read_table(purl_type: str) -> tuple[list[str], dict[Pair, str]]:
    """The versions of a table, and the answer for each pair of them.

    A line is a version, a tab, and one sign for each version above it: whether that one is older (``<``), the same or
    newer, or whether one of the two is no version.
    """
    versions: list[str] = []
    answers: dict[Pair, str] = {}
    for line in (tables() / f"{purl_type}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        version, _, signs = line.partition("\t")
        answers.update({(above, version): sign for above, sign in zip(versions, signs, strict=True)})
        versions.append(version)
    return versions, answers


def write_table(purl_type: str, program: str, versions: Sequence[str], answers: dict[Pair, str]) -> None:
    """Write a table as :func:`read_table` reads it."""
    lines = [f"# Asked: {program}. A line: a version, and how each one above it compares with it."]
    for place, version in enumerate(versions):
        lines.append(version + "\t" + "".join(answers[above, version] for above in versions[:place]))
    (tables() / f"{purl_type}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def chosen() -> dict[str, list[str]]:
    """The versions of each type that the programs are asked about."""
    found: dict[str, str] = json.loads((tables() / "versions.json").read_text(encoding="utf-8"))
    return {purl_type: versions.split() for purl_type, versions in found.items()}
