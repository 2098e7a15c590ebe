/* SPDX-License-Identifier: MIT */
/* Credentials that a service on the machine gives: the agent of a container, and the metadata
 * service of an instance. */
#include "asking.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "support/late.h"

TestSuite(metadata, .init = asking_begin, .fini = asking_end);

/* ---- containers ---- */

Test(metadata, container)
{
    const step steps[] = {{ACT_REPLY, json_answer("Token")}};
    serve(steps, 1);
    bed_set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "%s/creds?a=b", server_url(running));
    expect_identity("ASIAJSON", "tok/en", "123456789012");
    expect_lifetime(3600);
    expect_in_request(0, "GET /creds?a=b HTTP/1.1\r\n");
    cr_expect_null(strstr(server_request(running, 0), "uthorization"));
    bed_set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Basic abc");
    expect_identity("ASIAJSON", "tok/en", NULL);
    expect_header(1, "authorization", "Basic abc");
    bed_set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "%s", bed_write("t", "Bearer def\n"));
    expect_identity("ASIAJSON", "tok/en", NULL);
    expect_header(2, "authorization", "Bearer def");
    bed_write("t", "TOPSECRET\r\nx-evil: 1");
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "TOKEN_FILE", "line end");
    bed_set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/nowhere/t");
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "/nowhere/t");
    cr_expect_eq(server_requests(running), 3);
}

Test(metadata, container_addresses)
{
    static const char *const refused[] = {
        "http://192.0.2.1/",
        "http://169.254.170.2.evil.example/",
        "http://127.0.0.1.evil.example/",
        "http://127.1/",
        "http://0x7f000001/",
        "http://169.254.170.3/",
        "http://[fd00:ec2::24]/",
        "http://[::ffff:192.0.2.1]/",
        "http://localhost.evil.example/",
        "http://127.0.0.1@evil.example/",
        "ftp://127.0.0.1/",
        "127.0.0.1",
        "http://127.0.0.1\\@evil.example/",
    };
    for (size_t i = 0; i < COUNT(refused); i++) {
        bed_set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "%s", refused[i]);
        EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "AWS_CONTAINER_CREDENTIALS_FULL_URI");
    }
    bed_set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "evil.example/x");
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "RELATIVE_URI is malformed");
    bed_set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/a b");
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "RELATIVE_URI is malformed");
}

Test(metadata, container_in_trouble)
{
    const step steps[] = {{ACT_REPLY, answer(500, "")},
                          {ACT_REPLY, answer(200, "not JSON TOPSECRET")},
                          {ACT_REPLY, answer(200, "not JSON TOPSECRET")},
                          {ACT_REPLY, answer(403, "{}")},
                          {ACT_REPLY, answer(200, "{\"Token\":\"t\"}")},
                          {ACT_REPLY, answer(503, "")}};
    serve(steps, COUNT(steps));
    bed_set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "%s", server_url(running));
    expect_trouble(true, "the container's credentials: not a valid response (HTTP 200, ");
    expect_trouble(false, "the container's credentials: the answer has HTTP status 403");
    expect_trouble(false, "the container's credentials: there is no access key id");
    expect_trouble(true, "the container's credentials: the answer has HTTP status 503");
    bed_set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:%d", closed_port());
    EXPECT_ERROR(ask(), CRUDDUR_E_NETWORK, &error, "container");
}

/* ---- the machine itself ---- */

static void use_metadata(const step *steps, size_t count)
{
    serve(steps, count);
    (void)unsetenv("AWS_EC2_METADATA_DISABLED");
    bed_set("AWS_EC2_METADATA_SERVICE_ENDPOINT", "%s/", server_url(running));
}

Test(metadata, instance)
{
    const step steps[] = {{ACT_REPLY, answer(200, "the-token")},
                          {ACT_REPLY, answer(200, "the-role\n")},
                          {ACT_REPLY, json_answer("Token")}};
    use_metadata(steps, 3);
    expect_identity("ASIAJSON", "tok/en", "123456789012");
    expect_lifetime(3600);
    expect_in_request(0, "PUT /latest/api/token HTTP/1.1\r\n");
    expect_header(0, "x-aws-ec2-metadata-token-ttl-seconds", "21600");
    expect_in_request(1, "GET /latest/meta-data/iam/security-credentials/ HTTP/1.1\r\n");
    expect_header(1, "x-aws-ec2-metadata-token", "the-token");
    expect_in_request(2, "GET /latest/meta-data/iam/security-credentials/the-role HTTP/1.1\r\n");
    expect_header(2, "x-aws-ec2-metadata-token", "the-token");
}

/* Version 1, which asks for no token, is not fallen back to. */
Test(metadata, instance_without_tokens)
{
    const step steps[] = {{ACT_REPLY, answer(404, "")}};
    use_metadata(steps, 1);
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "instance:", "token", "404");
    cr_expect_eq(server_requests(running), 1);
}

Test(metadata, instance_without_a_role)
{
    const step steps[] = {{ACT_REPLY, answer(200, "the-token")},
                          {ACT_REPLY, answer(404, "")},
                          {ACT_REPLY, answer(200, "the-token")},
                          {ACT_REPLY, answer(200, "role")},
                          {ACT_REPLY, answer(200, "{\"Code\":\"Failed\"}")}};
    use_metadata(steps, COUNT(steps));
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "instance:", "404");
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "instance:", "no access key id");
}

Test(metadata, instance_in_trouble)
{
    const step steps[] = {{ACT_REPLY, answer(503, "")},
                          {ACT_RESET, NULL},
                          {ACT_REPLY, answer(200, "the-token")},
                          {ACT_REPLY, answer(200, "role")},
                          {ACT_REPLY, json_answer("Token")}};
    use_metadata(steps, COUNT(steps));
    expect_identity("ASIAJSON", "tok/en", NULL);
    expect_in_request(2, "PUT /latest/api/token HTTP/1.1\r\n");
    expect_in_request(3, "GET /latest/meta-data");
}

/* One that has answered is there, and has trouble: that is no reason to go on as if it were not. */
Test(metadata, instance_in_lasting_trouble)
{
    const step steps[] = {{ACT_REPLY, answer(200, "the-token")}, {ACT_REPLY, answer(503, "")}};
    use_metadata(steps, COUNT(steps));
    expect_trouble(true, "the machine's metadata service: an answer has HTTP status 503");
}

/* Where nothing names the service, there may be none; a profile that names it wants it. */
Test(metadata, an_instance_that_cannot_be_reached)
{
    (void)unsetenv("AWS_EC2_METADATA_DISABLED");
    bed_set("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:%d", closed_port());
    expect_trouble(false, "no source has credentials: ");
    bed_write(".aws/config",
              "[default]\nrole_arn = " ROLE "\ncredential_source = Ec2InstanceMetadata\n");
    expect_trouble(true, "profile \"default\"");
    bed_set("AWS_EC2_METADATA_DISABLED", "true");
    expect_trouble(false, "profile \"default\"");
}

/* A network that wants a sign-in answers everything with its page, which names no role. */
Test(metadata, a_page_instead_of_the_instance)
{
    const step steps[] = {{ACT_REPLY, answer(200, "<html>Sign-in</html>")}};
    use_metadata(steps, COUNT(steps));
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "instance:", "not a valid response");
}

/* A port whose queue of connections is full: whoever comes waits. */
static int full_port(int sockets[4])
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(address);
    sockets[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_geq(sockets[0], 0);
    cr_assert_eq(bind(sockets[0], (struct sockaddr *)&address, size), 0);
    cr_assert_eq(listen(sockets[0], 0), 0);
    cr_assert_eq(getsockname(sockets[0], (struct sockaddr *)&address, &size), 0);
    for (int i = 1; i < 4; i++) {
        sockets[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        cr_assert_geq(sockets[i], 0);
        (void)connect(sockets[i], (struct sockaddr *)&address, size);
    }
    return ntohs(address.sin_port);
}

/* A surprise of one second is the most that a machine without metadata costs. */
Test(metadata, instance_that_cannot_be_reached)
{
    int sockets[4];
    (void)unsetenv("AWS_EC2_METADATA_DISABLED");
    bed_set("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:%d", full_port(sockets));
    int64_t start_us = cr_clock_monotonic_us();
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "instance:");
    cr_expect_gt(cr_clock_monotonic_us() - start_us, SECOND / 2);
    cr_expect_not(test_is_late_since(start_us, 3 * SECOND / 2));
    for (int i = 0; i < 4; i++) {
        (void)close(sockets[i]);
    }
}

/* One that takes the request and says nothing for a second is asked again. */
Test(metadata, instance_that_is_silent)
{
    char token[401]; /* takes twenty seconds and more to come */
    memset(token, 't', sizeof(token) - 1);
    token[sizeof(token) - 1] = '\0';
    const step steps[] = {{ACT_TRICKLE, answer(200, token)}};
    use_metadata(steps, 1);
    int64_t start_us = cr_clock_monotonic_us();
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "instance:");
    cr_expect_not(test_is_late_since(start_us, 5 * SECOND));
    cr_expect_eq(server_requests(running), 3u);
}
