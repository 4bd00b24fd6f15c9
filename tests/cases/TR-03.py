"""TR-03: reproducible output: the same program compiled twice, in different folders, environments and languages,
gives the same bytes of C and header."""
import os

from common import ROOT, Scratch, binary, derivable, good

with Scratch() as scratch:
    texts = []
    for folder, environment in (("a", {"LC_ALL": "C"}), ("b c/d", {"LC_ALL": "de_DE.UTF-8", "TZ": "Asia/Tokyo", "HOME": "/"})):
        for path in (ROOT / "examples").glob("*.ad"):
            scratch.write("%s/%s" % (folder, path.name), path.read_text(encoding="utf-8"))
        where = scratch.folder / folder
        for path in sorted(where.glob("*.ad")):
            good(binary.adc("build", path.name, "--derive=" + derivable(path), "--manifest", path.stem + ".json",
                            cwd=where, env=dict(binary.ENVIRONMENT, **environment)))
        outputs = sorted(p for p in where.iterdir() if p.suffix in (".c", ".h", ".json"))
        texts.append([(p.name, p.read_bytes()) for p in outputs])
    assert texts[0] == texts[1] and len(texts[0]) >= 6, [name for name, _ in texts[0]]
    for name, content in texts[0]:
        assert str(scratch.folder).encode() not in content, name
