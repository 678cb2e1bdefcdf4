# SPDX-License-Identifier: Apache-2.0
"""The checks refuse what they are there to refuse: each gets a small tree that is right, then the same tree with one thing wrong."""

import contextlib
import io
import os
import tempfile
import textwrap
import unittest

import alerts
import banned
import defaults
import english
import formatted
import headers
import layers
import licence
import links
import listed
import metrics
import reasons
import rows
import sizes
import sources
import wording
import workflows

PUBLIC = '''\
/* {stem}: what it is for. Threads: any. */
#ifndef RR_{ROOM}_{STEM}_H
#define RR_{ROOM}_{STEM}_H

#include <stdbool.h>

bool rr_{stem}_is_good(void);

#endif
'''
SOURCE = '''\
#include <redisrestore/{room}/{stem}.h>

bool rr_{stem}_is_good(void)
{{
    return true; /* strcpy(a, b) in a comment is fine, "strcpy(" too */
}}
'''


def public(room, stem):
    return PUBLIC.format(stem=stem, ROOM=room.upper(), STEM=stem.upper())


REASON_HEADER = '''\
/* reason: the list. */
#define RR_REASONS(X) \\
    X(GOOD, "BackupDiscovered", NONE, 0) \\
    X(BAD, "AccessDenied", CONFIG, 5)

#define OTHER(X) X(NOT, "NotAReason", NONE, 0)
'''


class Tree(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = self.folder.name
        for room, stem in (("base", "error"), ("text", "json"), ("s3", "s3_list")):
            self.write(f"include/redisrestore/{room}/{stem}.h", public(room, stem))
            self.write(f"src/{room}/{stem}.c", SOURCE.format(room=room, stem=stem))
        self.write("src/base/CMakeLists.txt", "rr_add_room(base\n  SOURCES error.c)\n")
        self.write("src/text/CMakeLists.txt", "rr_add_room(text\n  SOURCES json.c\n  ROOMS base)\n")
        self.write("src/s3/CMakeLists.txt", "rr_add_room(s3\n  SOURCES s3_list.c\n  ROOMS base text)\n")

    def write(self, path, text):
        full = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(textwrap.dedent(text))

    def add(self, path, text):
        with open(os.path.join(self.root, path), "a", encoding="utf-8") as file:
            file.write(text)

    def refused(self, check, words, *arguments):
        problems = check(self.root, *arguments)
        self.assertTrue(problems, "nothing was refused")
        self.assertIn(words, "\n".join(problems))

    def accepted(self, check, *arguments):
        self.assertEqual(check(self.root, *arguments), [])


class Layers(Tree):
    def include(self, room, stem, line):
        self.write(f"src/{room}/{stem}.c", f"#include <redisrestore/{room}/{stem}.h>\n\n{line}\n")

    def test_right_tree_is_accepted(self):
        self.include("s3", "s3_list", "#include <redisrestore/base/error.h>")
        self.accepted(layers.check)

    def test_upward_include_is_refused(self):
        self.include("base", "error", "#include <redisrestore/text/json.h>")
        self.refused(layers.check, "room base may not include room text")

    def test_upward_include_in_a_header_is_refused(self):
        self.add("include/redisrestore/base/error.h", "#include <redisrestore/s3/s3_list.h>\n")
        self.refused(layers.check, "room base may not include room s3")

    def test_sideways_include_of_aws_and_kube_is_refused(self):
        for one, other in (("aws", "kube"), ("kube", "aws")):
            self.write(f"include/redisrestore/{other}/x.h", public(other, "x"))
            self.write(f"src/{one}/y.c", f"#include <redisrestore/{other}/x.h>\n")
            self.refused(layers.check, f"room {one} may not include room {other}")

    def test_third_party_header_outside_its_room_is_refused(self):
        for header in ("cjson/cJSON.h", "libxml/parser.h", "yaml.h", "openssl/evp.h", "curl/curl.h", "microhttpd.h", "uthash.h", "getopt.h"):
            with self.subTest(header=header):
                self.include("s3", "s3_list", f"#include <{header}>")
                self.refused(layers.check, f"<{header}> belongs to")

    def test_unknown_header_is_refused(self):
        self.include("s3", "s3_list", "#include <hiredis/hiredis.h>")
        self.refused(layers.check, "no header that this project knows")

    def test_io_in_a_pure_room_is_refused(self):
        self.write("src/backup/key.c", "#include <sys/socket.h>\n")
        self.refused(layers.check, "does no I/O")

    def test_private_header_of_another_room_is_refused(self):
        self.write("src/text/json_check.h", "/* json_check: x */\n")
        for line in ('#include "../text/json_check.h"', '#include "json_check.h"'):
            self.include("s3", "s3_list", line)
            self.refused(layers.check, "json_check.h")

    def test_private_header_in_a_public_one_is_refused(self):
        self.write("include/redisrestore/text/inner.h", public("text", "inner"))
        self.add("include/redisrestore/text/json.h", '#include "inner.h"\n')
        self.refused(layers.check, "public header includes a private one")

    def test_own_header_not_first_is_refused(self):
        self.write("src/text/json.c", "#include <redisrestore/base/error.h>\n#include <redisrestore/text/json.h>\n")
        self.refused(layers.check, "must be included first")

    def test_link_upward_is_refused(self):
        self.write("src/base/CMakeLists.txt", "rr_add_room(base\n  SOURCES error.c\n  ROOMS s3)\n")
        self.refused(layers.check, "room base may not link room s3")

    def test_unknown_room_is_refused(self):
        self.write("src/attic/x.c", "int x;\n")
        self.refused(layers.check, "room attic is not in the table")

    def test_commented_include_is_no_include(self):
        self.include("base", "error", "/* #include <redisrestore/text/json.h> */\n// #include <curl/curl.h>")
        self.accepted(layers.check)


class Sizes(Tree):
    def function(self, lines):
        return "static int long_one(int a,\n                    int b)\n{\n" + "    a += b;\n" * (lines - 4) + "}\n"

    def test_limits_are_reached_not_passed(self):
        self.add("src/base/error.c", "\n" + self.function(sizes.FUNCTION_LINES_MAX))
        self.accepted(sizes.check)

    def test_long_function_is_refused(self):
        self.add("src/base/error.c", "\n" + self.function(sizes.FUNCTION_LINES_MAX + 1))
        self.refused(sizes.check, "long_one has 81 lines")

    def test_long_function_of_a_test_is_refused(self):
        self.write("tests/unit/base/error_test.c", self.function(200))
        self.refused(sizes.check, "long_one")

    def test_long_file_is_refused(self):
        self.write("src/base/big.c", "int x;\n" * (sizes.FILE_LINES_MAX + 1))
        self.refused(sizes.check, "601 lines")

    def test_large_median_is_refused(self):
        for number in range(9):
            self.write(f"src/base/big{number}.c", "int x;\n" * 300)
        self.refused(sizes.check, "median")

    def test_brace_in_a_text_ends_no_function(self):
        text = 'static void f(void)\n{\n    put("\n}\n");\n' + "    g();\n" * 100 + "}\n"
        self.assertEqual(len(sources.functions(text)), 1)

    def test_long_readme_is_refused(self):
        self.write("README.md", "x" * sizes.README_BYTES_MAX)
        self.accepted(sizes.check)
        self.write("README.md", "x" * (sizes.README_BYTES_MAX + 1))
        self.refused(sizes.check, "README.md: 12289 bytes")


class Banned(Tree):
    def call(self, text, path="src/s3/s3_list.c"):
        self.write(path, f"void f(void)\n{{\n    {text}\n}}\n")

    def test_every_banned_call_is_refused(self):
        for name in banned.NOWHERE:
            with self.subTest(name=name):
                self.call(f"x = {name}(y);")
                self.refused(banned.check, f"src/s3/s3_list.c:3: {name} is banned")

    def test_call_outside_its_file_is_refused(self):
        for name, place in banned.ONLY_IN.items():
            with self.subTest(name=name):
                self.call(f"{name}(y);")
                self.refused(banned.check, f"{name} belongs to {place}")
                self.call("")
                self.call(f"{name}(y);", place)
                self.accepted(banned.check)
                os.remove(os.path.join(self.root, place))

    def test_dangerous_words_are_refused(self):
        for text in ("n = item->valueint;", "curl_easy_setopt(e, CURLOPT_VERBOSE, 1L);", "int f = XML_PARSE_HUGE;"):
            self.call(text)
            self.assertTrue(banned.check(self.root), text)

    def test_plain_buffer_of_a_secret_is_refused(self):
        for text in ("rr_wipe(token.ptr, token.len);", "rr_wipe(look->key.ptr, look->key.cap);"):
            with self.subTest(text=text):
                self.call(text)
                self.refused(banned.check, "src/s3/s3_list.c:3: a buffer of a secret is a RR_SECRET_BUF")
        self.call("")
        self.call("rr_wipe(buf->ptr, buf->cap);", "src/base/buf.c")
        self.accepted(banned.check)

    def test_words_of_the_product_are_refused_and_accepted_in_tests(self):
        for text in ("__atomic_store_n(&x, 1, __ATOMIC_RELEASE);", "if (reply->status == 404)", "return err->http_status >= 500;"):
            self.call(text)
            self.refused(banned.check, "src/s3/s3_list.c:3: ")
            self.call("")
            self.call(text, "tests/unit/s3/s3_list_test.c")
            self.accepted(banned.check)

    def test_lookalikes_are_accepted(self):
        self.call('_exit(1); type->free(x); type.exit(1); rr_free(x); my_assert(x); gmtime_r(&t, &tm); say("exit(1)"); rr_assert(x); static_assert_x();')
        self.accepted(banned.check)

    def test_sleep_in_a_test_is_refused(self):
        self.call("usleep(10);", "tests/unit/s3/s3_list_test.c")
        self.refused(banned.check, "usleep is banned")

    def test_mark_of_unfinished_work_is_refused(self):
        self.call("/* TODO later */")
        self.refused(banned.check, "TODO")


class Headers(Tree):
    compiler = os.environ.get("CC", "cc")

    def test_right_headers_are_accepted(self):
        self.accepted(headers.check, self.compiler)

    def test_header_that_needs_another_is_refused(self):
        self.write("include/redisrestore/base/buf.h", public("base", "buf").replace("#include <stdbool.h>\n", ""))
        self.refused(headers.check, "does not compile alone", self.compiler)

    def test_header_without_its_comment_is_refused(self):
        text = public("base", "buf")
        self.write("include/redisrestore/base/buf.h", text[text.index("#ifndef"):])
        self.refused(headers.check, 'must begin with "/* buf: "', self.compiler)

    def test_wrong_guard_is_refused(self):
        self.write("include/redisrestore/base/buf.h", public("base", "buf").replace("RR_BASE_BUF_H", "RR_BUF_H"))
        self.refused(headers.check, "guard must be RR_BASE_BUF_H", self.compiler)


class Formatted(Tree):
    def setUp(self):
        super().setUp()
        if formatted.find_formatter() is None:
            self.skipTest("no clang-format of the version that .clang-format is for")
        self.write(".clang-format", "BasedOnStyle: LLVM\nIndentWidth: 4\nBreakBeforeBraces: Linux\nColumnLimit: 120\n")
        for path in sources.files(self.root, ("src", "include"), (".c", ".h")):
            self.write(path, "int x;\n")

    def test_formatted_tree_is_accepted(self):
        self.accepted(formatted.check)

    def test_unformatted_file_is_refused(self):
        self.write("src/base/error.c", "int   x ;\n")
        self.refused(formatted.check, "src/base/error.c: not formatted")

    def test_unformatted_test_is_refused(self):
        self.write("tests/unit/base/error_test.c", "int   x ;\n")
        self.refused(formatted.check, "error_test.c: not formatted")


class Listed(Tree):
    TEST = "static void it_works(void **state)\n{\n}\nint t[] = { cmocka_unit_test(it_works) };\n"

    def setUp(self):
        super().setUp()
        self.write("tests/unit/base/error_test.c", self.TEST)
        self.write("tests/unit/base/CMakeLists.txt", "rr_add_unit_test(base error)\n")

    def test_right_tree_is_accepted(self):
        self.accepted(listed.check)

    def test_forgotten_source_is_refused(self):
        self.write("src/base/an_error.c", "int x;\n")
        self.refused(listed.check, "src/base/an_error.c: not in the CMakeLists.txt")

    def test_forgotten_test_file_is_refused(self):
        self.write("tests/unit/base/errors_test.c", self.TEST)
        self.refused(listed.check, "errors_test.c: not in the CMakeLists.txt")

    def test_test_that_is_never_run_is_refused(self):
        self.add("tests/unit/base/error_test.c", "static void it_fails(void **state)\n{\n}\n")
        self.refused(listed.check, "it_fails is never run")

    def test_forgotten_check_is_refused(self):
        self.write("tests/checks/CMakeLists.txt", "foreach(check layers)\n")
        self.write("tests/checks/layers.py", "\n")
        self.write("tests/checks/spelling.py", "\n")
        self.refused(listed.check, "spelling.py: not in the CMakeLists.txt")


class Metrics(Tree):
    PAGE = "| metric | type | labels | meaning |\n|---|---|---|---|\n| `a_total` | counter | `x`, `y` | A. |\n| `b_seconds` | gauge | | B. |\n"
    SOURCE = 'f = rr_metrics_counter(m, "a_total", "A.", labels);\ng = rr_metrics_emitted(\n    m, "b_seconds", "B.", NULL);\n'

    def setUp(self):
        super().setUp()
        self.write("docs/metrics.md", self.PAGE)
        self.write("src/x/x.c", self.SOURCE)

    def test_right_tree_is_accepted(self):
        self.assertEqual(metrics.documented(self.root), {"a_total": ("counter", ("x", "y")), "b_seconds": ("gauge", ())})
        self.accepted(metrics.check)

    def test_metric_that_is_not_documented_is_refused(self):
        self.write("src/x/y.c", 'rr_metrics_histogram(m, "c_seconds", "C.", NULL, bounds, 3);\n')
        self.refused(metrics.check, "docs/metrics.md lacks c_seconds")

    def test_metric_that_is_only_documented_is_refused(self):
        self.write("src/x/x.c", self.SOURCE.replace("b_seconds", "d_seconds"))
        self.refused(metrics.check, "no source registers b_seconds")

    def test_other_type_is_refused(self):
        self.write("docs/metrics.md", self.PAGE.replace("gauge", "histogram"))
        self.refused(metrics.check, "b_seconds is a gauge")

    def test_counter_without_total_is_refused(self):
        self.write("docs/metrics.md", self.PAGE.replace("a_total", "a"))
        self.write("src/x/x.c", self.SOURCE.replace("a_total", "a"))
        self.refused(metrics.check, "ends in _total")


class Alerts(Tree):
    def setUp(self):
        super().setUp()
        self.write("charts/redisrestore/templates/prometheusrule.yaml", "    - alert: TooOld\n      expr: x\n    - alert: Down\n")
        self.write("docs/alerts.md", "# Alerts\n\n## TooOld\n\n## Down\n")

    def test_page_with_every_alert_is_accepted(self):
        self.accepted(alerts.check)

    def test_alert_without_a_word_and_word_without_an_alert_are_refused(self):
        self.write("docs/alerts.md", "# Alerts\n\n## TooOld\n\n## Gone\n")
        self.refused(alerts.check, "says nothing of Down")
        self.refused(alerts.check, "Gone is no alert")


class Defaults(Tree):
    CRD = "spec:\n  versions:\n      schema:\n          spec:\n            properties:\n              suspend:\n                default: false\n              fresh:\n                type: string\n"

    def test_default_that_is_known_is_accepted(self):
        self.write("manifests/crd.yaml", self.CRD)
        self.accepted(defaults.check)

    def test_new_default_below_spec_is_refused(self):
        self.write("manifests/crd.yaml", self.CRD + "                default: x\n")
        self.refused(defaults.check, "fresh has the default 'x'")
        self.write("manifests/crd.yaml", self.CRD + "              inline: {type: string, default: y}\n")
        self.refused(defaults.check, "inline has the default 'y'")

    def test_default_of_the_status_is_accepted(self):
        self.write("manifests/crd.yaml", self.CRD + "          status:\n            default: {observedGeneration: -1}\n")
        self.accepted(defaults.check)


class Workflows(Tree):
    CI = "permissions: {contents: read}\njobs:\n  parts: [unit, build]\n  - run: scripts/test x\n"

    def setUp(self):
        super().setUp()
        self.write("scripts/test", "parts=(build unit)\n")
        self.write(".github/workflows/ci.yml", self.CI)

    def test_right_workflow_is_accepted(self):
        self.accepted(workflows.check)

    def test_part_that_is_not_run_or_not_there_is_refused(self):
        self.write("scripts/test", "parts=(build unit fuzz)\n")
        self.refused(workflows.check, "does not run the part fuzz")
        self.write("scripts/test", "parts=(build)\n")
        self.refused(workflows.check, "runs a part unit")

    def test_script_that_is_not_there_is_refused(self):
        self.write(".github/workflows/ci.yml", self.CI.replace("scripts/test x", "scripts/dance"))
        self.refused(workflows.check, "no scripts/dance")

    def test_action_that_is_not_pinned_by_a_hash_is_refused(self):
        self.write(".github/workflows/ci.yml", self.CI + "  - uses: actions/checkout@v4\n")
        self.refused(workflows.check, "actions/checkout@v4 is not pinned")
        self.write(".github/workflows/ci.yml", self.CI + f"  - uses: actions/checkout@{'0a' * 20} # v4.2.2\n")
        self.accepted(workflows.check)

    def test_more_rights_than_reading_are_refused(self):
        self.write(".github/workflows/ci.yml", self.CI.replace("{contents: read}", "write-all"))
        self.refused(workflows.check, "does not limit its token")


class Reasons(Tree):
    PAGE = "| reason | meaning |\n|---|---|\n| `BackupDiscovered` | good |\n| `AccessDenied` | see `OtherWord` |\n\n| flag | x |\n|---|---|\n| `NoReason` | y |\n"

    def setUp(self):
        super().setUp()
        self.write("include/redisrestore/discovery/reason.h", REASON_HEADER)
        self.write("docs/reference/reasons.md", self.PAGE)
        self.write("tests/integration/test_x.py", 'want("BackupDiscovered")\nwant("AccessDenied")\n')

    def test_right_tree_is_accepted(self):
        self.assertEqual(reasons.listed(self.root), {"BackupDiscovered", "AccessDenied"})
        self.accepted(reasons.check)

    def test_reason_that_the_page_lacks_is_refused(self):
        self.write("docs/reference/reasons.md", self.PAGE.replace("| `AccessDenied` | see `OtherWord` |\n", ""))
        self.refused(reasons.check, "lacks AccessDenied")

    def test_reason_that_only_the_page_has_is_refused(self):
        self.write("docs/reference/reasons.md", self.PAGE.replace("| `AccessDenied`", "| `AccessRefused` | |\n| `AccessDenied`"))
        self.refused(reasons.check, "AccessRefused is not in")

    def test_page_without_a_table_is_refused(self):
        self.write("docs/reference/reasons.md", "nothing\n")
        self.refused(reasons.check, "no table of reasons")

    def test_table_in_docs_is_held_to_the_list_too(self):
        self.write("docs/api.md", "| Reason |\n|---|\n| `Mystery` |\n")
        self.refused(reasons.check, "docs/api.md: Mystery is not in")

    def test_reason_without_a_test_is_refused(self):
        self.write("tests/integration/test_x.py", 'want("BackupDiscovered")\n# AccessDenied is not quoted\n')
        self.refused(reasons.check, "no test under tests/integration names AccessDenied")


class Rows(Tree):
    def setUp(self):
        super().setUp()
        self.write("docs/behaviour/s3.md", "| id | what it does |\n|---|---|\n| S-18 | x |\n| F-01 | as S-18 |\n")
        self.write("tests/unit/base/error_test.c", "static void s18_path_is_built(void **state)\n")
        self.write("tests/integration/test_x.py", "class X:\n    def test_f01_it_works(self):\n        pass\n")

    def test_right_tree_is_accepted(self):
        self.accepted(rows.check)

    def test_test_of_no_row_is_refused(self):
        self.write("tests/unit/base/more_test.c", "static void s99_path_is_built(void **state)\n")
        self.refused(rows.check, "s99_path_is_built: there is no row S-99")

    def test_second_row_in_the_name_is_looked_up_too(self):
        self.write("tests/unit/base/more_test.c", "static void s18_r77_path_is_built(void **state)\n")
        self.refused(rows.check, "there is no row R-77")

    def test_integration_test_of_no_row_is_refused(self):
        self.write("tests/integration/test_y.py", "class X:\n    def test_f77_it_works(self):\n        pass\n")
        self.refused(rows.check, "no row F-77")

    def test_row_without_a_test_is_refused(self):
        self.write("tests/integration/test_x.py", "class X:\n    def test_it_works(self):\n        pass\n")
        self.refused(rows.check, "docs/behaviour/s3.md: no test is named after F-01")

    def test_row_that_occurs_twice_is_refused(self):
        self.write("docs/behaviour/attacks.md", "| F-01 | z |\n")
        self.refused(rows.check, "F-01 stands twice")

    def test_cited_row_that_is_none_is_refused(self):
        self.write("src/base/error.c", "/* behaviour S-18, R-55 */\n")
        self.refused(rows.check, "no row R-55")

    def test_cited_section_that_is_no_row_is_refused(self):
        self.write("src/base/error.c", "/* behaviour (i) */\n")
        self.refused(rows.check, "names no row")

    def test_test_with_a_letter_in_place_of_a_row_is_refused(self):
        self.write("tests/unit/base/more_test.c", "static void i_path_is_built(void **state)\n")
        self.refused(rows.check, "begins with a letter that is no row")

    def test_fault_that_is_named_after_no_row_is_refused(self):
        self.write("tests/integration/faults/list/it_fails.json", "{}\n")
        self.refused(rows.check, "its name begins with no row")
        self.write("tests/integration/faults/list/f77_it_fails.json", "{}\n")
        self.refused(rows.check, "no row F-77")

    def test_no_named_test_is_refused(self):
        for path in ("tests/unit/base/error_test.c", "tests/integration/test_x.py"):
            self.write(path, "static void path_is_built(void **state)\n")
        self.refused(rows.check, "no test is named after a row")


class Links(Tree):
    def setUp(self):
        super().setUp()
        self.write("README.md", "# One\n\nSee [two](docs/two.md), [its part](docs/two.md#the-part-of-two), [elsewhere](https://x.example/y).\n")
        self.write("docs/two.md", "# Two\n\n## The `part`, of [two](two.md)\n\n```\n## in code, [no link](gone.md)\n```\n[up](../README.md#one) [here](#two)\n")

    def test_right_tree_is_accepted(self):
        self.accepted(links.check)

    def test_page_that_is_not_there_is_refused(self):
        self.write("README.md", "[two](docs/three.md)\n")
        self.refused(links.check, "there is no docs/three.md")

    def test_heading_that_is_not_there_is_refused(self):
        self.write("README.md", "[two](docs/two.md#in-code)\n")
        self.refused(links.check, "docs/two.md has no such heading")
        self.write("docs/two.md", "# Two\n[here](#three)\n")
        self.refused(links.check, "docs/two.md: #three")

    def test_second_heading_of_a_name_has_a_number(self):
        self.write("docs/two.md", "# Two\n## The part of two\n## The part of two\n[x](#the-part-of-two-1)\n")
        self.accepted(links.check)

    def test_no_link_at_all_is_refused(self):
        self.write("README.md", "nothing\n")
        self.write("docs/two.md", "nothing\n")
        self.refused(links.check, "no page links to another")


class English(Tree):
    def setUp(self):
        super().setUp()
        self.write("docs/x.md", "# What it does\n\nIt retries. Who may read it? Users.\n\n- What to do: nothing.\n\n```\nnobody\n```\n\nThe word `nobody` in code.\n")
        self.write("src/base/error.c", 'int nobody; /* Retries once. */\nlog("the lease was released");\nput("nobody", "anew");\n')

    def test_right_tree_is_accepted(self):
        self.accepted(english.check)

    def test_sentence_that_does_not_name_its_thing_is_refused_with_its_line(self):
        self.write("docs/x.md", "# X\n\nIt retries.\nOne line more. What\nfails is not repeated.\n")
        self.refused(english.check, 'docs/x.md:4: "What": name the thing')
        self.write("docs/x.md", "# X\n\n| a |\n|---|\n| Who asks waits |\n")
        self.refused(english.check, 'docs/x.md:5: "Who": name the thing')

    def test_comment_is_refused_on_its_line(self):
        self.write("src/base/error.c", "int x;\n/* Two lines: the second\n * is tried again. */\n")
        self.refused(english.check, 'src/base/error.c:3: "tried again": retry')

    def test_message_that_is_cut_into_literals_is_refused(self):
        self.write("src/base/error.c", 'log("the lease is given "\n    "back");\n')
        self.refused(english.check, 'src/base/error.c:1: "given back": release, return')

    def test_name_of_a_test_that_is_a_riddle_is_refused(self):
        self.write("tests/unit/base/error_test.c", "    cmocka_unit_test(whole_token_is_known),\n    cmocka_unit_test(s01_who_waits_is_woken),\n")
        self.refused(english.check, 'tests/unit/base/error_test.c:2: "who" in s01_who_waits_is_woken')
        self.write("tests/unit/base/error_test.c", "\n")
        self.write("tests/integration/test_x.py", "class X:\n    def test_port_that_is_none_is_refused(self):\n")
        self.refused(english.check, 'tests/integration/test_x.py:2: "that_is_none" in test_port_that_is_none_is_refused')
        self.write("tests/integration/test_x.py", "\n")
        self.write("tests/integration/faults/list/r01_list_is_asked_again.json", '{\n "why": "503: retried"\n}\n')
        self.refused(english.check, 'r01_list_is_asked_again.json:1: "asked_again"')

    def test_why_of_a_mutant_and_of_a_fault_is_checked(self):
        self.write("tests/mutants/base/x.mutant", "Tests: ^base\nWhy: nobody would see it\n")
        self.refused(english.check, 'tests/mutants/base/x.mutant:2: "nobody"')
        self.write("tests/mutants/base/x.mutant", "Tests: ^base\nWhy: users would not see it\nOld:\n/* nobody */\n")
        self.write("tests/integration/faults/list/r01_x.json", '{\n "why": "503 for ever",\n "faults": []\n}\n')
        self.refused(english.check, 'r01_x.json:2: "for ever"')

    def test_only_the_named_path_is_checked(self):
        self.write("src/base/error.c", "/* nobody */\n")
        self.write("src/text/uri.c", "/* somebody */\n")
        found = " ".join(english.check(self.root, ["src/base"]))
        self.assertIn("nobody", found)
        self.assertNotIn("somebody", found)


class Licence(Tree):
    def sample(self):
        self.write("scripts/run", "#!/bin/sh\necho\n")
        self.write("bench/main.go", "// main does it.\npackage main\n")
        self.write("Dockerfile", "FROM scratch\n")
        self.write("docs/page.md", "# A page needs none\n")

    def test_source_without_the_line_is_refused(self):
        self.sample()
        for path in ("src/base/error.c", "include/redisrestore/base/error.h", "scripts/run", "bench/main.go", "Dockerfile"):
            self.refused(licence.check, f"{path}: does not say")

    def test_line_far_below_is_refused(self):
        self.write("src/base/error.c", "int a;\nint b;\nint c;\n/* SPDX-License-Identifier: Apache-2.0 */\n")
        self.refused(licence.check, "src/base/error.c: does not say")

    def test_written_lines_are_accepted_and_in_the_right_place(self):
        self.sample()
        self.assertEqual(licence.check(self.root, "--write"), [])
        self.accepted(licence.check)
        for path, start in (("scripts/run", "#!/bin/sh\n# SPDX-License-Identifier: Apache-2.0\necho\n"), ("Dockerfile", "# SPDX"),
                            ("bench/main.go", "// SPDX-License-Identifier: Apache-2.0\n\n// main"),
                            ("include/redisrestore/base/error.h", "/* SPDX-License-Identifier: Apache-2.0 */\n/* error: ")):
            self.assertTrue(sources.read(self.root, path).startswith(start), path)
        self.accepted(headers.check, "cc")


class Wording(Tree):
    def test_right_tree_is_accepted(self):
        self.accepted(wording.check)

    def test_path_of_one_machine_is_refused(self):
        for folder in ("root", "home", "work"):
            self.write("docs/x.md", f"see /{folder}/me/notes\n")
            self.refused(wording.check, "a path of one machine")

    def test_untidy_ends_are_refused(self):
        self.write("src/base/error.c", "int x; \n")
        self.refused(wording.check, "blanks at the end")
        self.write("src/base/error.c", "int x;")
        self.refused(wording.check, "newline")


class Nothing(unittest.TestCase):
    def test_empty_tree_passes_no_check(self):
        with tempfile.TemporaryDirectory() as root:
            for check, arguments in ((layers.check, ()), (sizes.check, ()), (banned.check, ()), (listed.check, ()), (wording.check, ()), (rows.check, ()),
                                     (headers.check, ("cc",)), (links.check, ()), (english.check, ()), (licence.check, ()), (formatted.check, ()), (reasons.check, ())):
                with self.subTest(check=check.__module__), contextlib.redirect_stdout(io.StringIO()), self.assertRaises((SystemExit, OSError)):
                    check(root, *arguments)


if __name__ == "__main__":
    unittest.main()
