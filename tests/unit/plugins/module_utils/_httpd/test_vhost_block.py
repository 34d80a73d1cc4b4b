# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import random

import pytest

from ansible_collections.stapling.httpd.plugins.module_utils._httpd.vhost_block import (
    Edit,
    VhostBlockError,
    apply_edits,
    replaced_setting,
    split_lines,
)

SITE = b"""\
# the shop
<IfModule mod_ssl.c>
    <VirtualHost *:443>
        ServerName shop.test
        <Directory /srv>
            Require all granted
        </Directory>

    </VirtualHost>
</IfModule>
"""
SITE_ON = SITE.replace(
    b"\n\n    </VirtualHost>",
    b"\n\n        # BEGIN stapling.httpd\n        SSLUseStapling on\n        # END stapling.httpd\n    </VirtualHost>",
)


def there_and_back(data: bytes, line: int, state: str) -> bytes:
    """Return the content with the edit, after checks: undone it is what was there, and twice it changes nothing."""
    edited = apply_edits(data, [Edit(line, state)])
    assert apply_edits(edited, [Edit(line, state)]) == edited
    assert apply_edits(edited, [Edit(line, "absent")]) == data
    return edited


def test_the_directive_is_the_last_of_its_section():
    assert there_and_back(SITE, 3, "on") == SITE_ON


def test_off_replaces_on_and_back():
    assert apply_edits(SITE_ON, [Edit(3, "off")]) == SITE_ON.replace(b"Stapling on", b"Stapling off")


def test_absent_on_a_section_without_our_lines_changes_nothing():
    assert apply_edits(SITE, [Edit(3, "absent")]) == SITE


@pytest.mark.parametrize(
    "before, state, after",
    [
        pytest.param(
            b"<VirtualHost *>\nSSLUseStapling on\nServerName a\n</VirtualHost>",
            "off",
            b"<VirtualHost *>\n# BEGIN stapling.httpd\n# was: SSLUseStapling on\n# END stapling.httpd\nServerName a\n"
            b"# BEGIN stapling.httpd\nSSLUseStapling off\n# END stapling.httpd\n</VirtualHost>",
            id="the site's line becomes a comment in its place",
        ),
        pytest.param(
            b"<VirtualHost *>\n  sslusestapling \\\n   On \nServerName a\n</VirtualHost>\n",
            "off",
            b"<VirtualHost *>\n  # BEGIN stapling.httpd\n# was:   sslusestapling \\\n# was:    On \n"
            b"  # END stapling.httpd\n"
            b"ServerName a\n# BEGIN stapling.httpd\nSSLUseStapling off\n# END stapling.httpd\n</VirtualHost>\n",
            id="continued, other letters, trailing blank",
        ),
        pytest.param(
            b'<VirtualHost *>\n<IfModule x>\n\tSSLUseStapling "off"\n</IfModule>\n</VirtualHost>\n',
            "on",
            b'<VirtualHost *>\n<IfModule x>\n\t# BEGIN stapling.httpd\n# was: \tSSLUseStapling "off"\n'
            b"\t# END stapling.httpd\n</IfModule>\n# BEGIN stapling.httpd\nSSLUseStapling on\n# END stapling.httpd\n"
            b"</VirtualHost>\n",
            id="inside an inner section",
        ),
        pytest.param(
            b"<VirtualHost *>\n<IfModule x>\nSSLUseStapling on\n</IfModule>\n</VirtualHost>\n",
            "on",
            b"<VirtualHost *>\n<IfModule x>\nSSLUseStapling on\n</IfModule>\n# BEGIN stapling.httpd\n"
            b"SSLUseStapling on\n"
            b"# END stapling.httpd\n</VirtualHost>\n",
            id="the same in an inner section that may not count",
        ),
        pytest.param(
            b"<VirtualHost *>\nSSLUseStapling on\nInclude more.conf\n</VirtualHost>\n",
            "on",
            b"<VirtualHost *>\nSSLUseStapling on\nInclude more.conf\n# BEGIN stapling.httpd\nSSLUseStapling on\n"
            b"# END stapling.httpd\n</VirtualHost>\n",
            id="the same, but before something that may contradict",
        ),
        pytest.param(
            b"<VirtualHost *>\n    SSLUseStapling on\n</VirtualHost>\n",
            "on",
            b"<VirtualHost *>\n    SSLUseStapling on\n</VirtualHost>\n",
            id="the site says so itself",
        ),
        pytest.param(
            b"<VirtualHost *>\n# SSLUseStapling on \\\nSSLUseStapling on\n#</VirtualHost>\nServerName a\n"
            b"</VirtualHost>\n",
            "off",
            b"<VirtualHost *>\n# SSLUseStapling on \\\nSSLUseStapling on\n#</VirtualHost>\nServerName a\n"
            b"# BEGIN stapling.httpd\nSSLUseStapling off\n# END stapling.httpd\n</VirtualHost>\n",
            id="a comment goes on behind a backslash",
        ),
        pytest.param(
            b"<VirtualHost *>\r\n  ServerName a\r\n</VirtualHost>\r\n",
            "on",
            b"<VirtualHost *>\r\n  ServerName a\r\n  # BEGIN stapling.httpd\r\n  SSLUseStapling on\r\n"
            b"  # END stapling.httpd\r\n</VirtualHost>\r\n",
            id="CRLF",
        ),
        pytest.param(
            b"\xef\xbb\xbf<virtualhost *>\n</VIRTUALHOST>",
            "on",
            b"\xef\xbb\xbf<virtualhost *>\n    # BEGIN stapling.httpd\n    SSLUseStapling on\n"
            b"    # END stapling.httpd\n"
            b"</VIRTUALHOST>",
            id="byte order mark, empty section, other letters, no newline at the end",
        ),
        pytest.param(
            b"<VirtualHost *>\n\tServerName \xff\xfe\x00a\n</VirtualHost>\n",
            "on",
            b"<VirtualHost *>\n\tServerName \xff\xfe\x00a\n\t# BEGIN stapling.httpd\n\tSSLUseStapling on\n"
            b"\t# END stapling.httpd\n</VirtualHost>\n",
            id="bytes that are no text",
        ),
    ],
)
def test_one_section(before, state, after):
    assert there_and_back(before, 1, state) == after


def test_the_line_of_a_continued_tag_is_its_last_one():
    data = b"<VirtualHost *:443 \\\n  *:8443>\nServerName a\n</VirtualHost>\n"
    assert b"SSLUseStapling on" in there_and_back(data, 2, "on")
    with pytest.raises(VhostBlockError) as caught:
        apply_edits(data, [Edit(1, "on")])
    assert caught.value.code == "not_a_vhost"


def test_several_sections_keep_their_lines_apart():
    data = b"".join(b"<VirtualHost *:%d>\nServerName v%d\n</VirtualHost>\n" % (n, n) for n in range(1, 5))
    edited = apply_edits(data, [Edit(1, "on"), Edit(10, "off"), Edit(4, "on")])
    parts = edited.split(b"</VirtualHost>\n")
    assert [b"Stapling on" in part for part in parts] == [True, True, False, False, False]
    assert [b"Stapling off" in part for part in parts] == [False, False, False, True, False]
    assert apply_edits(edited, [Edit(1, "absent"), Edit(7, "absent"), Edit(16, "absent")]) == data


@pytest.mark.parametrize(
    "before, after",
    [
        pytest.param(
            b"<VirtualHost *>\n# BEGIN stapling.httpd\nSSLUseStapling on\nHeader set a b\n"
            b"# END stapling.httpd\n</VirtualHost>\n",
            b"<VirtualHost *>\nHeader set a b\n</VirtualHost>\n",
            id="somebody's line between our marks stays",
        ),
        pytest.param(
            b"<VirtualHost *>\n  # BEGIN stapling.httpd\n# was:   SSLUseStapling off\nSSLUseStapling on\n"
            b"ServerName a\n</VirtualHost>\n",
            b"<VirtualHost *>\n  SSLUseStapling off\nServerName a\n</VirtualHost>\n",
            id="somebody has removed the end mark",
        ),
        pytest.param(
            b"<VirtualHost *>\nSSLUseStapling on\n# END stapling.httpd\n</VirtualHost>\n",
            b"<VirtualHost *>\nSSLUseStapling on\n</VirtualHost>\n",
            id="somebody has removed the begin mark and has kept the line",
        ),
        pytest.param(
            b"<VirtualHost *>\n# BEGIN stapling.httpd\nServerName a\n# BEGIN stapling.httpd\n"
            b"SSLUseStapling on\n# END stapling.httpd\n"
            b"</VirtualHost>\n",
            b"<VirtualHost *>\nServerName a\n</VirtualHost>\n",
            id="two begin marks",
        ),
    ],
)
def test_absent_takes_only_our_lines_when_somebody_has_edited_them(before, after):
    assert apply_edits(before, [Edit(1, "absent")]) == after


@pytest.mark.parametrize(
    "data, edits, code",
    [
        pytest.param(b"", [Edit(1, "on")], "not_a_vhost", id="empty file"),
        pytest.param(SITE, [Edit(4, "on")], "not_a_vhost", id="another directive"),
        pytest.param(SITE, [Edit(2, "on")], "not_a_vhost", id="another section"),
        pytest.param(SITE, [Edit(9, "on")], "not_a_vhost", id="the end of a section"),
        pytest.param(SITE, [Edit(99, "on")], "not_a_vhost", id="behind the end"),
        pytest.param(SITE, [Edit(0, "on")], "not_a_vhost", id="line 0"),
        pytest.param(SITE, [Edit(-1, "on")], "not_a_vhost", id="negative line"),
        pytest.param(b"# <VirtualHost *>\n</VirtualHost>\n", [Edit(1, "on")], "not_a_vhost", id="a comment"),
        pytest.param(b"<VirtualHost *>\nServerName a\n", [Edit(1, "on")], "not_closed", id="no end"),
        pytest.param(
            b"<VirtualHost *>\n<VirtualHost *>\n</VirtualHost>\n", [Edit(1, "on")], "not_closed", id="another begins"
        ),
        pytest.param(
            b"<Macro Site $n>\n<VirtualHost *>\nServerName $n\n</VirtualHost>\n</Macro>\n",
            [Edit(2, "on")],
            "macro_generated",
            id="macro",
        ),
        pytest.param(SITE, [Edit(3, "on"), Edit(3, "off")], "conflicting_edits", id="on and off"),
        pytest.param(SITE, [Edit(3, "On")], "invalid_state", id="unknown state"),
    ],
)
def test_refused(data, edits, code):
    with pytest.raises(VhostBlockError) as caught:
        apply_edits(data, edits)
    assert caught.value.code == code


def test_a_section_after_a_macro_is_no_macro():
    data = b"<Macro Site $n>\n<VirtualHost *>\n</VirtualHost>\n</Macro>\n<VirtualHost *>\n</VirtualHost>\n"
    assert b"on" in there_and_back(data, 5, "on")


# Whole lines as people write them, in any mixture, inside and outside of sections.
INSIDE = [
    b"",
    b"   ",
    b"ServerName a.test",
    b"\tSSLUseStapling on",
    b"SSLUseStapling off",
    b"  SSLUseStapling \\",
    b"    on",
    b"# SSLUseStapling on",
    b"# a comment that goes on \\",
    b"# was: nothing of ours",
    b"<IfModule mod_ssl.c>",
    b"</IfModule>",
    b"Include \\",
    b"SSLCertificateFile \xff\xfe",
    b'SSLUseStapling "On"',
    b"\\",
    b"\rx",
]
ENDINGS = [b"\n", b"\r\n"]


def some_lines(chooser: random.Random) -> bytes:
    lines = b""
    for _number in range(chooser.randrange(13)):
        noise = chooser.randbytes(chooser.randrange(13)).replace(b"\n", b"")
        lines += chooser.choice([chooser.choice(INSIDE), noise]) + chooser.choice(ENDINGS)
    return lines


# By numbers, not by hypothesis: it takes fifty times as long to make up such files.
@pytest.mark.parametrize("start", range(0, 1000, 100))
def test_there_and_back_for_any_file(start: int) -> None:
    """Whatever a file looks like: either it is refused, or out comes what went in."""
    came_back = [number for number in range(start, start + 100) if comes_back(random.Random(number))]
    assert len(came_back) > 10


def comes_back(chooser: random.Random) -> bool:
    """Return False if a file made up by `chooser` is refused."""
    data, places = b"", []
    for _section in range(chooser.randrange(1, 5)):
        ending = chooser.choice(ENDINGS)
        data += some_lines(chooser)
        places.append(len(split_lines(data)) + 1)
        data += b"<VirtualHost *:443>" + ending + some_lines(chooser) + b"</VirtualHost>" + ending
    data += some_lines(chooser)
    if chooser.random() < 0.5:
        data = data.rstrip(b"\n")
    states = [chooser.choice(["on", "off"]) for _place in places]
    try:
        edited = apply_edits(data, [Edit(place, state) for place, state in zip(places, states)])
    except VhostBlockError:
        return False
    assert edited.count(b"<VirtualHost") == data.count(b"<VirtualHost"), data
    shifted = [number for number, line in enumerate(split_lines(edited), 1) if line.startswith(b"<VirtualHost *:443>")]
    assert apply_edits(edited, [Edit(place, "absent") for place in shifted]) == data, data
    assert apply_edits(edited, [Edit(place, state) for place, state in zip(shifted, states)]) == edited, data
    return True


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("<VirtualHost *:443>\n  SSLUseStapling on\n</VirtualHost>\n", (3, "on")),
        ('<VirtualHost *:443>\r\n  sslusestapling "On"\r\n</VirtualHost>\r\n', (3, "on")),
        ("<VirtualHost *:443>\n  SSLUseStapling \\\n on\n</VirtualHost>\n", (3, "on")),
        ("<VirtualHost *:443>\n  # was: SSLUseStapling on\n</VirtualHost>\n", None),
        ("<VirtualHost *:443>\n</VirtualHost>\n<VirtualHost *:8443>\n  SSLUseStapling on\n</VirtualHost>\n", None),
    ],
)
def test_what_the_site_has_set_is_still_known(text: str, found: tuple[int, str] | None) -> None:
    edited = apply_edits(text.encode(), [Edit(1, "off")])
    assert replaced_setting(edited, 1) == found
    assert replaced_setting(text.encode(), 1) is None
