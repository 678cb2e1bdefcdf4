# SPDX-License-Identifier: Apache-2.0
"""`kubectl redisrestore` on a real API server and a real store, called by the real kubectl; and what completes its commands."""

import json
import os
import pty
import re
import select
import shutil
import subprocess
import tempfile
import time
import unittest

import yaml

from support.context import ControllerTest, IntegrationTest
from support.fault_store import FaultStore

OLDER = "redis-backups/shop/dump-20260130-235900.rdb"
RDB, AOF = "redis-backups/shop/dump-20260131-235900.rdb", "redis-backups/shop/appendonly-20260131-235900.aof"
PEOPLE = """
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: %(name)s}
rules: [{apiGroups: [redisrestore.dev], resources: [redisrestores], verbs: %(verbs)s}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: %(name)s}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: %(name)s}
subjects: [{kind: User, name: %(name)s}]
"""


LISTED = (r"\A +REPLICATION ID +TIMESTAMP +RDB SIZE +AOF +AGE\n\* +shop +20260131-235900 +18 +yes +\d+s\n"
          r" +shop +20260130-235900 +18( +no)? +\d+s\n\Z")


class Plugin:
    """Means to call the plugin as a person does: through kubectl, which finds it on PATH."""

    def plugin(self, *arguments, kubeconfig=None, **more):
        env = self.environment(KUBECONFIG=kubeconfig or self.person(), PATH=os.path.dirname(self.run_facts.binary) + ":" + os.environ["PATH"], **more)
        return self.run_binary("redisrestore", *arguments, program=f"{self.cluster.tools}/kubectl", env=env)

    def person(self, verbs=("get", "list", "patch")):
        """The kubeconfig of a user who may do that to RedisRestores of this namespace, and nothing else."""
        name = "person-" + "-".join(verbs)
        path = self.run_facts.path("kubeconfig-person")
        self.cluster.kubectl("-n", self.namespace, "apply", "-f", "-", input=PEOPLE % {"name": name, "verbs": json.dumps(verbs)})
        pki = os.path.join(os.path.dirname(self.cluster.ca))
        self.cluster.write_kubeconfig(path, {"client-certificate": f"{pki}/admin.crt", "client-key": f"{pki}/admin.key", "as": name}, self.namespace)
        return path

    def assert_done(self, done, code, *words):
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        for word in words:
            self.assertIn(word, done.stdout + done.stderr)


class Status(ControllerTest, Plugin):
    def test_status_of_one_object_has_its_conditions_and_the_exit_code(self):
        self.put(RDB, AOF)
        self.apply()
        self.wait_ready("True", "BackupDiscovered")

        done = self.plugin("status", "restore")

        self.assert_done(done, 0)
        row, conditions = done.stdout.split("\n\n")
        self.assertRegex(row.splitlines()[0], r"\ANAME +READY +REASON +STATE +REPLICATION ID +TIMESTAMP +PAIR +SIZE +BACKUP AGE +CHECKED\Z")
        self.assertRegex(row.splitlines()[1], r"\Arestore +True +BackupDiscovered +shop +20260131-235900 +Exact +36 +\d+s +\d+s\Z")
        self.assertEqual([line.split()[:3] for line in conditions.splitlines()[1:]],
                         [["Ready", "True", "BackupDiscovered"], ["StorageReachable", "True", "BackupDiscovered"],
                          ["BackupDiscovered", "True", "BackupDiscovered"], ["Paired", "True", "Exact"]])

    def test_r17_object_with_a_nul_is_left_out_and_named(self):
        self.apply(name="one", suspend=True)
        self.wait_ready("Unknown", "Suspended", name="one")
        odd = self.restore("odd")
        odd["metadata"]["annotations"] = {"shop.example/note": "a\0b"}
        self.cluster.apply(odd)

        done = self.plugin("status")

        self.assert_done(done, 0)
        self.assertEqual([line.split()[0] for line in done.stdout.splitlines()], ["NAME", "one"])
        self.assertRegex(done.stderr, r"\A[^\n]* name=odd [^\n]*a NUL in a string[^\n]*\n\Z")
        self.assert_done(self.plugin("status", "odd"), 1, "RedisRestore odd in namespace", "a NUL in a string")

    def test_status_of_a_namespace_and_of_all(self):
        self.apply(name="one")
        self.apply(name="two", suspend=True)
        self.wait_ready("False", "NoBackupFound", name="one")
        self.wait_ready("Unknown", "Suspended", name="two")

        here = self.plugin("status")
        self.assert_done(here, 0)
        self.assertEqual([line.split()[:4] for line in here.stdout.splitlines()[1:]],
                         [["one", "False", "NoBackupFound", "Stalled"], ["two", "Unknown", "Suspended", *here.stdout.splitlines()[2].split()[3:4]]])
        everywhere = self.plugin("status", "-A", kubeconfig=self.cluster.kubeconfig)
        self.assert_done(everywhere, 0)
        self.assertRegex(everywhere.stdout, r"(?m)^NAMESPACE +NAME ")
        self.assertRegex(everywhere.stdout, rf"(?m)^{self.namespace} +one +False")
        self.assert_done(self.plugin("status", "-A"), 1, "list redisrestores.redisrestore.dev", "grant the verb \"list\"")

    def test_empty_namespace_says_so(self):
        self.assert_done(self.plugin("status"), 0, f"No RedisRestores found in namespace {self.namespace}.")

    def test_json_and_yaml_are_one_answer(self):
        self.put(RDB)
        self.apply()
        self.wait_ready("True", "BackupDiscovered")

        as_json = json.loads(self.plugin("status", "restore", "-o", "json").stdout)
        as_yaml = yaml.safe_load(self.plugin("status", "restore", "--output=yaml").stdout)

        self.assertEqual(as_json, as_yaml)
        item, stored = as_json["items"][0], self.get()
        self.assertEqual((item["namespace"], item["name"], item["ready"], item["state"]), (self.namespace, "restore", "True", ""))
        self.assertEqual(item["backup"], stored["status"]["backup"])
        self.assertEqual(item["conditions"], stored["status"]["conditions"])
        self.assertEqual(json.loads(self.plugin("status", "-o", "json").stdout), as_json)

    def test_missing_object_and_missing_permission(self):
        self.assert_done(self.plugin("status", "never"), 1, "get redisrestores.redisrestore.dev never", "not found")
        self.assert_done(self.plugin("status", "never", kubeconfig=self.person(("list",))), 1, "grant the verb \"get\"")

    def test_context_and_kubeconfig_are_those_of_kubectl(self):
        self.apply()
        self.wait_ready("False", "NoBackupFound")
        path = self.person()
        with open(path, encoding="utf-8") as file:
            config = json.load(file)
        config["contexts"].append({"name": "elsewhere", "context": {**config["contexts"][0]["context"], "namespace": f"{self.namespace}-other"}})
        with open(path, "w", encoding="utf-8") as file:
            json.dump(config, file)

        self.assert_done(self.plugin("status", "--context", "local", "--kubeconfig", path, kubeconfig="/nonexistent"), 0, "NoBackupFound")
        self.assert_done(self.plugin("status", "--context=elsewhere", kubeconfig=path), 1, f"in namespace {self.namespace}-other", "grant the verb")
        self.assert_done(self.plugin("status", "--context=elsewhere", "-n", self.namespace, kubeconfig=path), 0, "NoBackupFound")
        self.assert_done(self.plugin("status", "--context", "nowhere", kubeconfig=path), 2, "no context named \"nowhere\"")

    def test_status_of_an_older_spec_does_not_count(self):
        self.put(RDB)
        self.apply()
        self.wait_ready("True", "BackupDiscovered")
        self.stop_controller(self.controller)
        self.apply(interval="1h")

        self.assert_done(self.plugin("status", "restore"), 7, "Outdated")

    def test_colors_follow_the_flag_or_the_terminal(self):
        self.apply()
        self.wait_ready("False", "NoBackupFound")
        self.assertNotIn("\033", self.plugin("status").stdout)
        self.assertIn("\033[31mFalse\033[0m", self.plugin("status", "--color=always", NO_COLOR="1").stdout)
        self.assertNotIn("\033", self.plugin("status", "--color", "never").stdout)


class Explain(ControllerTest, Plugin):
    def test_every_failure_says_what_to_do_and_the_commands_name_the_object(self):
        store = FaultStore.named("f18_access_denied")
        self.addCleanup(store.stop)
        self.apply(name="denied", s3={"endpoint": store.url})
        self.apply(name="none")
        self.apply(name="paused", suspend=True)
        self.wait_ready("False", "AccessDenied", name="denied")
        self.wait_ready("False", "NoBackupFound", name="none")
        self.wait_ready("Unknown", "Suspended", name="paused")

        self.assert_done(self.plugin("explain", "denied"), 5, "AccessDenied", "s3:ListBucket", f"kubectl -n {self.namespace} describe secret s3")
        self.assert_done(self.plugin("explain", "none"), 3, f"{self.namespace}/none is not Ready (Stalled)", f"--bucket {self.bucket}")
        paused = self.plugin("explain", "paused")
        self.assert_done(paused, 7, "Suspended")
        command = next(line.strip() for line in paused.stdout.splitlines() if line.startswith("  kubectl redisrestore resume"))
        self.assert_done(self.plugin(*command.split()[2:]), 0, "resumed")
        self.wait_ready("False", "NoBackupFound", name="paused")

    def test_ready_object_and_fields(self):
        self.put(RDB)
        self.apply()
        self.wait_ready("True", "BackupDiscovered")
        self.assert_done(self.plugin("explain", "restore"), 0, f"{self.namespace}/restore is Ready")
        fields = json.loads(self.plugin("explain", "restore", "-o", "json").stdout)
        self.assertEqual((fields["ready"], fields["reason"], fields["message"]), ("True", "BackupDiscovered", self.condition("Ready")["message"]))
        self.assertEqual(fields["commands"], [f"kubectl -n {self.namespace} get redisrestore restore -o wide"])

    def test_object_without_a_status_is_pending(self):
        self.stop_controller(self.controller)
        self.apply()
        self.assert_done(self.plugin("explain", "restore"), 7, "(Pending)", "No controller has written a status for this object yet",
                         "Controller  not known: no permission to list leases in namespace redisrestore-system")


class Changes(ControllerTest, Plugin):
    def test_trigger_waits_for_its_own_answer(self):
        self.apply()
        self.wait_ready("False", "NoBackupFound")
        self.put(RDB, AOF)

        done = self.plugin("trigger", "restore", "--wait", "--timeout", "30s")

        self.assert_done(done, 0, "redisrestore.redisrestore.dev/restore triggered\n", "restore: Ready, BackupDiscovered: ")
        found = self.get()
        self.assertEqual(found["status"]["lastHandledTrigger"], found["spec"]["trigger"])
        self.assertIn("kubectl-redisrestore", {entry["manager"] for entry in self.cluster.get("-n", self.namespace, "redisrestore", "restore", "--show-managed-fields")["metadata"]["managedFields"]})
        again = self.plugin("trigger", "restore", "--wait")
        self.assert_done(again, 0)
        self.assertNotEqual(self.get()["spec"]["trigger"], found["spec"]["trigger"])

    def test_trigger_that_finds_nothing_has_the_exit_code_of_the_reason(self):
        self.apply()
        self.wait_ready("False", "NoBackupFound")
        self.assert_done(self.plugin("trigger", "restore", "--wait"), 3, "restore: not Ready, NoBackupFound: ")
        self.assert_done(self.plugin("trigger", "restore", "--wait", "--any-answer"), 0, "restore: not Ready, NoBackupFound: ")
        self.assert_done(self.plugin("trigger", "restore", "--any-answer"), 2, "--any-answer: needs --wait")

    def test_trigger_does_not_wait_for_a_suspended_object_or_a_missing_controller(self):
        self.apply(suspend=True)
        self.wait_ready("Unknown", "Suspended")
        self.assert_done(self.plugin("trigger", "restore"), 0, "triggered; it is suspended, so")
        self.assert_done(self.plugin("trigger", "restore", "--wait"), 7, "the object is suspended")
        self.stop_controller(self.controller)
        self.apply()
        started = time.monotonic()
        self.assert_done(self.plugin("trigger", "restore", "--wait", "--timeout", "2s"), 7, "no answer within 2s: ", "Controller: not known: ")
        self.assertLess(time.monotonic() - started, 20)

    def test_suspend_and_resume_change_that_field_alone(self):
        self.apply(interval="1h")
        self.wait_ready("False", "NoBackupFound")
        before = self.get()["spec"]

        self.assert_done(self.plugin("suspend", "restore"), 0, "restore suspended\n")
        self.wait_ready("Unknown", "Suspended")
        self.assertEqual(self.get()["spec"], {**before, "suspend": True})
        generation = self.get()["metadata"]["generation"]
        self.assert_done(self.plugin("suspend", "restore"), 0, "suspended (unchanged)")
        self.assertEqual(self.get()["metadata"]["generation"], generation)
        self.assert_done(self.plugin("resume", "restore"), 0, "restore resumed\n")
        self.wait_ready("False", "NoBackupFound")
        self.assertEqual(self.get()["spec"], before)

    def test_missing_patch_permission_names_what_to_grant(self):
        self.apply()
        reader = self.person(("get", "list"))
        for command in ("trigger", "suspend"):
            self.assert_done(self.plugin(command, "restore", kubeconfig=reader), 1, "grant the verb \"patch\" on \"redisrestores\"")
        self.assertNotIn("trigger", self.get()["spec"])


class List(ControllerTest, Plugin):
    def test_list_of_an_object_has_the_backups_of_its_status(self):
        self.put(OLDER, RDB, AOF)
        self.apply(selection={"orderBy": "Timestamp"})
        self.wait_ready("True", "BackupDiscovered")

        done = self.plugin("list", "restore")

        self.assert_done(done, 0)
        self.assertRegex(done.stdout, LISTED)
        fields = json.loads(self.plugin("list", "restore", "-o", "json").stdout)
        self.assertEqual((fields["backup"], fields["candidates"]), (self.status()["backup"], self.status()["candidates"]))

    def test_list_of_an_object_without_backups(self):
        self.apply()
        self.wait_ready("False", "NoBackupFound")
        self.assert_done(self.plugin("list", "restore"), 0, f"No backups are known for {self.namespace}/restore", "explain restore")


class Bucket(IntegrationTest):
    def test_list_shows_the_candidates_of_a_bucket(self):
        self.put(OLDER, RDB, AOF)

        done = self.run_binary("list", "--order-by", "Timestamp")

        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, LISTED)
        as_json = json.loads(self.run_binary("list", "-o", "json", "--order-by", "Timestamp").stdout)
        self.assertEqual((as_json["backup"]["timestamp"], len(as_json["candidates"])), ("20260131-235900", 2))

    def test_list_of_nothing_and_of_no_bucket(self):
        done = self.run_binary("list")
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertIn("no backup", done.stderr.lower())
        self.assertEqual(self.run_binary("list", "--bucket", "never-made").returncode, 6)
        self.assertEqual(self.run_binary("list", env=self.environment(S3_BUCKET=None)).returncode, 2)


class Completion(ControllerTest, Plugin):
    """In real shells, at a prompt where one is needed."""

    def shell(self, *command, typed, env):
        """The text on the terminal after `typed`, without the escapes."""
        child, terminal = pty.fork()
        if child == 0:
            os.execvpe(command[0], command, env)
        try:
            text, deadline = b"", time.monotonic() + 30
            for prompt, keys in typed:
                while prompt not in text.decode(errors="replace"):
                    if time.monotonic() > deadline:
                        self.fail(f"no {prompt!r} in {text[-2000:]!r}")
                    if select.select([terminal], [], [], 0.2)[0]:
                        text += os.read(terminal, 4096)
                if keys is not None:
                    text = b""
                    os.write(terminal, keys.encode())
            return text.decode(errors="replace")
        finally:
            os.close(terminal)
            os.waitpid(child, 0)

    def folder(self):
        folder = tempfile.mkdtemp(dir=self.run_facts.folder)
        self.addCleanup(shutil.rmtree, folder)
        return folder

    def env(self, kubeconfig=None):
        return self.environment(PATH=os.path.dirname(self.run_facts.binary) + ":" + os.environ["PATH"], TERM="dumb", HOME=self.folder(), KUBECONFIG=kubeconfig or "/nonexistent",
                                INPUTRC="/dev/null")

    def test_bash_completes_commands_flags_values_and_objects(self):
        self.apply(name="cart-of-the-shop")
        folder, env = self.folder(), self.env(self.person())
        with open(os.path.join(folder, "rc"), "w", encoding="utf-8") as file:
            file.write("PS1='ready> '\nbind 'set bell-style none'\nsource <(redisrestore completion bash)\n")

        self.shell("bash", "--noprofile", "--rcfile", os.path.join(folder, "rc"), "-i", env=env, typed=[
            ("ready> ", "redisrestore expl\t"), ("explain ", "--outp\t"), ("--output ", "ya\t"), ("yaml ", "\x15"),
            ("", "redisrestore status --color=alw\t"), ("--color=always ", "\x15"),
            ("", "kubectl-redisrestore trigger car\t"), ("cart-of-the-shop ", "\x15exit\n")])

    def test_zsh_completes_commands_values_and_objects(self):
        self.apply(name="cart-of-the-shop")
        folder, env = self.folder(), self.env(self.person())
        with open(os.path.join(folder, ".zshrc"), "w", encoding="utf-8") as file:
            file.write("PS1='ready> '\nautoload -Uz compinit\ncompinit -u -d $ZDOTDIR/dump\nsource <(redisrestore completion zsh)\nunsetopt zle_bracketed_paste 2>/dev/null\n")
        env["ZDOTDIR"] = folder

        self.shell("zsh", "-d", "-i", env=env, typed=[
            ("ready> ", "redisrestore expl\t"), ("explain", " --outp\t"), ("--output", " ya\t"), ("yaml", "\x15"),
            ("", "kubectl-redisrestore trigger car\t"), ("cart-of-the-shop", "\x15exit\n")])

    def test_zsh_script_has_no_syntax_error_and_is_found_by_compinit(self):
        folder, env = self.folder(), self.env()
        script = self.run_binary("completion", "zsh", env=env).stdout
        with open(os.path.join(folder, "_redisrestore"), "w", encoding="utf-8") as file:
            file.write(script)
        subprocess.run(["zsh", "-n", os.path.join(folder, "_redisrestore")], check=True, timeout=30)
        found = subprocess.run(["zsh", "-dfc", f"fpath=({folder} $fpath); autoload -Uz compinit; compinit -u -D; print $_comps[redisrestore] $_comps[kubectl-redisrestore]"],
                               env=env, capture_output=True, text=True, check=True, timeout=30)
        self.assertEqual(found.stdout.split(), ["_redisrestore", "_redisrestore"])

    def test_kubectl_asks_the_plugin(self):
        self.apply(name="cart-of-the-shop")
        done = self.run_binary("__complete", "redisrestore", "trigger", "ca", program=f"{self.cluster.tools}/kubectl",
                               env=self.env(self.person()))
        self.assertEqual(done.stdout.splitlines(), ["cart-of-the-shop", ":4"])

    def test_missing_cluster_offers_and_prints_nothing(self):
        done = self.run_binary("__complete", "trigger", "", env=self.env())
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, ":4\n", ""))


class Manual(IntegrationTest):
    def test_manual_page_is_roff_without_a_warning_and_has_every_flag(self):
        page = self.run_binary("__manual").stdout
        done = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-P-cbou"], input=page, capture_output=True, text=True, check=True, timeout=60)
        self.assertEqual(done.stderr, "")
        commands = re.findall(r"^  ([a-z]+) ", self.run_binary("--help").stdout, re.M)
        self.assertGreaterEqual(len(commands), 10)
        for command in commands:
            for flag in re.findall(r"^  (?:-\w, )?(--[a-z-]+)", self.run_binary(command, "--help").stdout, re.M):
                self.assertIn(flag.replace("-", "\\-"), page, command)

    def test_reasons_are_explained_without_a_cluster(self):
        for reason in ("NoBackupFound", "AccessDenied", "InvalidSpec"):
            done = self.run_binary("explain", reason, env={"PATH": os.environ["PATH"]})
            self.assertEqual(done.returncode, 0)
            self.assertIn("What to do", done.stdout)
        self.assertEqual(self.run_binary("explain", "NoSuchReason").returncode, 2)


if __name__ == "__main__":
    unittest.main()
