# SPDX-License-Identifier: Apache-2.0
"""`redisrestore discover` and `init-backup` in an environment of AWS variables, shared files and proxies."""

from support.context import IntegrationTest
from support.fault_store import FaultStore

ELSEWHERE = "http://store.invalid:9000"


class Environment(IntegrationTest):
    def store(self, *faults):
        store = FaultStore(*faults)
        self.addCleanup(store.stop)
        return store

    def ask(self, *arguments, **env):
        return self.discover_json(*arguments, env={**self.environment(), **env})

    def test_s17_store_is_reached_through_the_proxy_of_the_environment(self):
        for variable in ("HTTP_PROXY", "http_proxy"):
            with self.subTest(variable=variable):
                proxy = self.store()

                code, answer = self.ask("--endpoint", ELSEWHERE, **{variable: proxy.url})

                self.assertEqual(code, 0, answer)
                self.assertTrue(proxy.requests[0][0].startswith("GET http://store.invalid:9000/"), proxy.requests[0])
                self.assertEqual(answer["storage"]["endpoint"], ELSEWHERE)

    def test_s17_secure_store_is_a_tunnel(self):
        proxy = FaultStore({"status": 502})
        self.addCleanup(proxy.stop)

        code, answer = self.ask("--endpoint", "https://store.invalid", HTTPS_PROXY=proxy.url, AWS_MAX_ATTEMPTS="1")

        self.assertEqual(code, 4)
        self.assertEqual(proxy.requests[0][0], "CONNECT store.invalid:443 HTTP/1.1")
        self.assertNotIn("authorization", proxy.requests[0][1])
        self.assertIn("through the proxy of HTTPS_PROXY", answer["message"])

    def test_s17_exempt_and_loopback_stores_have_no_proxy(self):
        proxy, store = self.store(), self.store()

        self.assertEqual(self.ask("--endpoint", store.url, HTTP_PROXY=proxy.url)[0], 0)
        for exempt in ("store.invalid", ".invalid", "*"):
            self.assertEqual(self.ask("--endpoint", ELSEWHERE, HTTP_PROXY=proxy.url, NO_PROXY=exempt)[0], 4)

        self.assertEqual(proxy.requests, [])

    def test_s17_invalid_proxy_is_refused_without_quoting_it(self):
        done = self.discover("--endpoint", ELSEWHERE, env={**self.environment(), "HTTP_PROXY": "ftp://user:7q3z@proxy"})

        self.assertEqual(done.returncode, 2)
        self.assertIn("HTTP_PROXY", done.stderr)
        self.assertNotIn("7q3z", done.stderr)

    def test_s07_number_of_attempts_is_the_environments(self):
        for attempts in (1, 2, 5):
            store = self.store({"status": 500, "error": "InternalError"})

            self.ask("--endpoint", store.url, AWS_MAX_ATTEMPTS=str(attempts), AWS_RETRY_MODE="standard")

            self.assertEqual(len(store.requests), attempts)

    def test_s07_values_that_mean_nothing_are_usage_errors(self):
        for name, value in (("AWS_MAX_ATTEMPTS", "0"), ("AWS_RETRY_MODE", "never"), ("AWS_USE_FIPS_ENDPOINT", "perhaps")):
            done = self.discover("--endpoint", self.store().url, env={**self.environment(), name: value})

            self.assertEqual(done.returncode, 2)
            self.assertIn(name, done.stderr)

    def test_s17_profile_says_where_the_store_is(self):
        store = self.store()
        config = self.run_facts.path("aws-config")
        with open(config, "w", encoding="utf-8") as file:
            file.write(f"[profile mine]\nservices = s\nendpoint_url = {ELSEWHERE}\nregion = eu-west-3\n[services s]\ns3 =\n  endpoint_url = {store.url}\n")

        code, answer = self.ask(AWS_CONFIG_FILE=config, AWS_PROFILE="mine", AWS_REGION="", AWS_ENDPOINT_URL="")

        self.assertEqual(code, 0, answer)
        self.assertEqual(answer["storage"]["endpoint"], store.url)
        self.assertEqual(answer["storage"]["region"], "eu-west-3")

    def test_s19_own_store_has_no_fips_and_no_dual_stack(self):
        for name, words in (("AWS_USE_FIPS_ENDPOINT", "cannot be combined with FIPS"), ("AWS_USE_DUALSTACK_ENDPOINT", "Cannot set dual-stack")):
            code, answer = self.ask("--endpoint", self.store().url, **{name: "true"})

            self.assertEqual(code, 2)
            self.assertIn(words, answer["message"])

    def test_f19_and_f21_one_more_request_is_signed(self):
        refusals = (
            {"status": 403, "headers": {"Date": "Fri, 01 Jan 2021 00:00:00 GMT"}, "body": "<Error><Code>RequestTimeTooSkewed</Code></Error>", "times": 1},
            {"status": 400, "body": "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-1</Region></Error>", "times": 1},
        )
        for refusal, code in zip(refusals, (5, 0)):
            store = FaultStore(refusal)
            self.addCleanup(store.stop)

            found, answer = self.ask("--endpoint", store.url)

            # Years are no clock: such a Date is not taken.
            self.assertEqual(found, code, answer)
        self.assertEqual(answer["storage"]["region"], "eu-west-1")
