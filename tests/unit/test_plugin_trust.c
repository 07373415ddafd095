/* SPDX-License-Identifier: Apache-2.0 */
/* What lets the file of a project run: the user's trust, or a pin; and that nothing else runs in its place. */
#include "base/file.h"
#include "plugin/image.h"
#include "plugin/loader.h"
#include "plugin/trusted.h"
#include "plugin_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* In here, so that the test sees whose code has run. */
#define WITHIN "isolate = \"none\"; "
#define MINE "\nplugins = ( { name = \"mine\"; path = \"./mine.so\"; " WITHIN "} );"

/* ---- asking ---- */

struct answer {
    int code;
    char path[GW_PLUGIN_PATH];
    char constructed[32]; /* whose constructor ran; "" for none */
    struct gw_fault fault;
};

/* named: as if the caller had written --config. */
static void load(struct answer *out, const char *config, bool named, struct gw_events *events)
{
    const struct gw_plugin_loaded *plugin;
    struct gw_project project;
    parse_project(&project, config);
    project.named = named;
    struct gw_registry *registry = new_registry(&project, events);
    unsetenv("GODWIT_TEST_CONSTRUCTED");
    memset(out, 0, sizeof *out);
    out->code = gw_registry_load(registry, "mine", &plugin, &out->fault);
    snprintf(out->path, sizeof out->path, "%s", out->code ? "" : plugin->facts.path);
    const char *ran = getenv("GODWIT_TEST_CONSTRUCTED");
    snprintf(out->constructed, sizeof out->constructed, "%s", ran ? ran : "");
    gw_registry_free(registry);
    gw_project_free(&project);
}

static void assert_loads(const char *config, bool named)
{
    struct answer answer;
    load(&answer, config, named, NULL);
    if (answer.code)
        fail_msg("%s", answer.fault.message);
}

/* Refused before any of its code has run. */
static void assert_refused(const char *config, bool named, const char *message, const char *hint)
{
    struct answer answer;
    load(&answer, config, named, NULL);
    assert_int_equal(answer.code, GW_PLUGIN_REFUSED);
    assert_contains(answer.fault.message, message);
    assert_contains(answer.fault.hint, hint);
    assert_string_equal(answer.constructed, "");
}

static void hash_of(char out[65], const char *below)
{
    struct gw_plugin_facts facts;
    struct gw_fault fault = { 0 };
    char path[256];
    test_path(path, below);
    if (gw_plugin_inspect(&facts, path, &fault))
        fail_msg("%s", fault.message);
    snprintf(out, 65, "%s", facts.sha256);
}

static int trust(const char *config, const char *name, enum gw_trust *by, struct gw_fault *fault)
{
    struct gw_plugin_facts facts;
    struct gw_project project;
    parse_project(&project, config);
    struct gw_registry *registry = new_registry(&project, NULL);
    int code = gw_registry_trust(registry, name, &facts, by, fault);
    gw_registry_free(registry);
    gw_project_free(&project);
    return code;
}

static void trust_mine(void)
{
    struct gw_fault fault = { 0 };
    enum gw_trust by;
    if (trust(MINE, "mine", &by, &fault))
        fail_msg("%s", fault.message);
    assert_int_equal(by, GW_TRUST_USER);
}

static void forget(void)
{
    struct gw_fault fault = { 0 };
    char path[256];
    bool found;
    test_path(path, "mine.so");
    assert_int_equal(gw_trusted_record(path, NULL, &found, &fault), GW_DONE);
}

/* plugins.conf on the disk: whether its pins count depends on who may write it. */
static void write_config(mode_t mode)
{
    struct gw_fault fault = { 0 };
    char path[256];
    test_path(path, "plugins.conf");
    if (gw_file_write(path, "\n", 1, GW_FILE_REPLACE, &fault) || chmod(path, mode))
        fail_msg("%s", fault.message);
}

/* ---- the user's trust ---- */

static void test_first_use(void **state)
{
    char hash[65];
    (void)state;
    copy_file(BUILT "good.so", "mine.so");
    hash_of(hash, "mine.so");
    forget();
    assert_refused(MINE, false,
                   "plugins.conf:2: plugin 'mine' is a file of this project that you have",
                   "if you trust it: `godwit plugin trust mine`");
    assert_refused(MINE, true, hash, "plugin trust mine");
    trust_mine();
    assert_loads(MINE, false);

    struct stat st;
    char path[256];
    test_path(path, "data/godwit");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    test_path(path, "data/godwit/trusted");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
}

static void test_changed(void **state)
{
    char old[65], new[65];
    (void)state;
    copy_file(BUILT "good.so", "mine.so");
    hash_of(old, "mine.so");
    trust_mine();
    copy_file(BUILT "other.so", "mine.so");
    hash_of(new, "mine.so");
    assert_string_not_equal(old, new);
    assert_refused(MINE, false, "plugin 'mine' has changed since it was trusted",
                   "godwit plugin trust");
    assert_refused(MINE, false, old, "");
    assert_refused(MINE, false, new, "");
    trust_mine();
    assert_loads(MINE, false);
}

static void test_revoked(void **state)
{
    struct gw_project project;
    struct gw_fault fault = { 0 };
    char path[GW_PLUGIN_PATH], expected[256];
    bool found;
    (void)state;
    copy_file(BUILT "good.so", "mine.so");
    trust_mine();
    parse_project(&project, MINE);
    struct gw_registry *registry = new_registry(&project, NULL);
    test_path(expected, "mine.so");
    assert_int_equal(gw_registry_revoke(registry, "mine", path, &found, &fault), GW_DONE);
    assert_true(found);
    assert_string_equal(path, expected);
    assert_refused(MINE, false, "that you have not trusted", "godwit plugin trust mine");
    assert_int_equal(gw_registry_revoke(registry, "mine", path, &found, &fault), GW_DONE);
    assert_false(found);

    trust_mine(); /* the file may be gone before its trust is */
    unlink(expected);
    assert_int_equal(gw_registry_revoke(registry, expected, path, &found, &fault), GW_DONE);
    assert_true(found);
    gw_registry_free(registry);
    gw_project_free(&project);
}

/* Trust is a matter of path and bytes: not of a copy, not of what no plugin is. */
static void test_not_trusted(void **state)
{
    struct gw_fault fault = { 0 };
    enum gw_trust by;
    char path[256];
    (void)state;
    copy_file(BUILT "good.so", "mine.so");
    trust_mine();
    copy_file(BUILT "good.so", "copy.so");
    assert_refused("plugins = ( { name = \"mine\"; path = \"./copy.so\"; } );", false,
                   "that you have not trusted", "");
    copy_file("/bin/true", "mine.so");
    assert_int_equal(trust(MINE, "mine", &by, &fault), GW_PLUGIN_REFUSED);
    assert_contains(fault.message, "is not a plugin of godwit");
    fault = (struct gw_fault){ 0 };
    copy_file(BUILT "good.so", "mine.so");
    test_path(path, "mine.so");
    assert_int_equal(chmod(path, 0666), 0);
    assert_int_equal(trust(MINE, "mine", &by, &fault), GW_PLUGIN_REFUSED);
    assert_contains(fault.message, "others may write to");

    fault = (struct gw_fault){ 0 };
    assert_int_equal(trust("", "good", &by, &fault), GW_DONE);
    assert_int_equal(by, GW_TRUST_BUNDLED);
    assert_loads("plugins = ( { name = \"mine\"; path = \"bundled/good.so\"; } );", false);
}

static void test_places(void **state)
{
    char path[256], open[256];
    (void)state;
    test_path(open, "writable");
    assert_int_equal(mkdir(open, 0755), 0);
    copy_file(BUILT "good.so", "writable/good.so");
    assert_int_equal(chmod(open, 0777), 0);
    test_path(path, "linked.so");
    assert_int_equal(symlink("writable/good.so", path), 0);
    assert_refused("plugins = ( { name = \"mine\"; path = \"./linked.so\"; } );", false,
                   "others may write into the folder '", "chmod go-w '");
    test_path(path, "way");
    assert_int_equal(symlink("writable", path), 0);
    assert_refused("plugins = ( { name = \"mine\"; path = \"./way/good.so\"; } );", false,
                   "/writable' and exchange the plugin", "chmod go-w '");
    assert_refused("plugins = ( { name = \"mine\"; path = \"./nowhere.so\"; } );", false,
                   "cannot find the plugin file", "");
    assert_refused("plugins = ( { name = \"mine\"; path = \"./\"; } );", false,
                   "is not a regular file", "shared object");
    assert_refused("\n\nplugins = ( { name = \"mine\"; } );", false,
                   "plugins.conf:3: no plugin 'mine'", "");
}

/* A file is one plugin under any name. */
static void test_same_file(void **state)
{
    struct gw_project project;
    const struct gw_plugin_loaded *plugin;
    struct gw_fault fault = { 0 };
    (void)state;
    parse_project(&project, "plugins = ( { name = \"again\"; path = \"bundled/good.so\"; } );");
    struct gw_registry *registry = new_registry(&project, NULL);
    load_good(registry, "again");
    assert_int_equal(gw_registry_load(registry, "good", &plugin, &fault), GW_PLUGIN_REFUSED);
    assert_contains(fault.message, "plugin 'good' is the same file as plugin 'again'");
    gw_registry_free(registry);
    gw_project_free(&project);
}

/* ---- pins ---- */

static void test_sha256_pin(void **state)
{
    char hash[65], other[65], config[300];
    (void)state;
    copy_file(BUILT "good.so", "mine.so");
    hash_of(hash, "mine.so");
    hash_of(other, "bundled/other.so");
    forget();
    write_config(0644);
    snprintf(config, sizeof config,
             "plugins = ( { name = \"mine\"; path = \"./mine.so\"; " WITHIN "sha256 = \"%s\"; } );",
             hash);
    assert_loads(config, true);
    /* A repository must not vouch for what it brings along. */
    assert_refused(
        config, false, "that you have not trusted",
        "its pin alone does not let it run: plugins.conf was found, not named by --config");
    write_config(0664);
    assert_refused(config, true, "that you have not trusted",
                   "its pin alone does not let it run: others may write to '");
    write_config(0644);
    trust_mine();
    assert_loads(config, false);

    /* What is pinned is the file, whatever the user has trusted since, and a bundled one too. */
    snprintf(config, sizeof config,
             "plugins = ( { name = \"mine\"; path = \"./mine.so\"; " WITHIN "sha256 = \"%s\"; } );",
             other);
    for (int named = 0; named < 2; named++) {
        assert_refused(config, named, "plugin 'mine' is not the file that was pinned",
                       "bring back");
        assert_refused(config, named, hash, "");
        assert_refused(config, named, other, "");
    }
    snprintf(config, sizeof config,
             "plugins = ( { name = \"mine\"; path = \"./bundled/good.so\"; sha256 = \"%s\"; } );",
             other);
    assert_refused(config, true, "is not the file that was pinned", "");
    forget();
}

static void test_required_pins(void **state)
{
    static const char policy[] = "plugin_policy = { require_pins = true; };";
    char hash[65], config[400];
    (void)state;
    copy_file(BUILT "good.so", "mine.so");
    hash_of(hash, "mine.so");
    write_config(0644);
    trust_mine();
    snprintf(config, sizeof config, "%s" MINE, policy);
    assert_refused(config, true,
                   "plugin 'mine' has no pin, and plugin_policy.require_pins asks for one", hash);
    snprintf(config, sizeof config,
             "%s plugins = ( { name = \"mine\"; path = \"./mine.so\"; " WITHIN
             "sha256 = \"%s\"; } );",
             policy, hash);
    assert_loads(config, true);
    snprintf(config, sizeof config,
             "%s plugins = ( { name = \"mine\"; path = \"./bundled/good.so\"; } );", policy);
    assert_loads(config, true);
    forget();
}

static void write_below(const char *below, const void *bytes, size_t len)
{
    struct gw_fault fault = { 0 };
    char path[256];
    test_path(path, below);
    if (gw_file_write(path, bytes, len, GW_FILE_REPLACE, &fault))
        fail_msg("%s", fault.message);
}

static void test_signature(void **state)
{
    unsigned char public[32], secret[64], stranger[32], signature[64];
    char key[65], wrong[65], text[129], config[500];
    struct gw_buf bytes = GW_BUF((size_t)64 << 20);
    struct gw_fault fault = { 0 };
    (void)state;
    assert_int_equal(crypto_sign_keypair(stranger, secret), 0);
    assert_int_equal(crypto_sign_keypair(public, secret), 0);
    sodium_bin2base64(key, sizeof key, public, sizeof public, sodium_base64_VARIANT_ORIGINAL);
    sodium_bin2hex(wrong, sizeof wrong, stranger, sizeof stranger);
    copy_file(BUILT "good.so", "mine.so");
    assert_int_equal(gw_file_read(&bytes, AT_FDCWD, BUILT "good.so", "good.so", &fault), GW_DONE);
    crypto_sign_detached(signature, NULL, (unsigned char *)bytes.data, bytes.len, secret);
    gw_buf_free(&bytes);
    write_config(0644);
    forget();

    snprintf(config, sizeof config,
             "plugins = ( { name = \"mine\"; path = \"./mine.so\"; " WITHIN
             "public_key = \"%s\"; } );",
             key);
    assert_refused(config, true, "plugin 'mine' has no signature that can be read", "signature = ");
    write_below("mine.so.sig", signature, sizeof signature);
    assert_loads(config, true);
    assert_refused(config, false, "that you have not trusted", "its pin alone");
    sodium_bin2base64(text, sizeof text, signature, sizeof signature,
                      sodium_base64_VARIANT_ORIGINAL);
    write_below("mine.so.sig", text, strlen(text));
    assert_loads(config, true);
    sodium_bin2hex(text, sizeof text, signature, sizeof signature);
    write_below("other.sig", text, strlen(text));
    write_below("mine.so.sig", text, 17);
    assert_refused(config, true, "mine.so.sig' is not an Ed25519 signature", "64 bytes");
    snprintf(config, sizeof config,
             "plugins = ( { name = \"mine\"; path = \"./mine.so\"; " WITHIN "public_key = \"%s\"; "
             "signature = \"other.sig\"; } );",
             key);
    assert_loads(config, true);

    copy_file(BUILT "other.so", "mine.so");
    assert_refused(config, true, "plugin 'mine' is not signed with the pinned public_key", "anew");
    copy_file(BUILT "good.so", "mine.so");
    snprintf(config, sizeof config,
             "plugins = ( { name = \"mine\"; path = \"./mine.so\"; " WITHIN "public_key = \"%s\"; "
             "signature = \"other.sig\"; } );",
             wrong);
    assert_refused(config, true, "is not signed with the pinned public_key", "anew");
    assert_refused("plugins = ( { name = \"mine\"; path = \"./mine.so\"; " WITHIN
                   "signature = \"a.sig\"; } );",
                   true, "has a signature and no public_key", "public_key");
}

/* ---- what was checked is what runs ---- */

/* The file is exchanged after it was checked and before it is loaded, in a process that has loaded neither. */
static void test_swapped_before_load(void **state)
{
    (void)state;
    copy_file(BUILT "good.so", "mine.so");
    pid_t child = fork();
    if (child == 0) {
        struct gw_plugin_loaded plugin = { .name = "mine" };
        struct gw_plugin_file file;
        struct gw_fault unsafe = { 0 }, fault = { 0 };
        const struct gw_plugin *theirs;
        char path[256];
        test_path(path, "mine.so");
        int code = gw_plugin_file_open(&file, path, true, &unsafe, &fault);
        gw_plugin_file_hash(&file);
        copy_file(BUILT "other.so", "mine.so");
        code = code ? code : gw_plugin_file_check(&file, &fault);
        code = code ? code : gw_plugin_open(&plugin, &file, true, &theirs, &fault);
        const char *ran = getenv("GODWIT_TEST_CONSTRUCTED");
        _exit(!code && ran && strcmp(ran, "yes") == 0 ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

struct swapper {
    char one[256], two[256], mine[256];
    bool stop;
};

static void *swap_for_ever(void *payload)
{
    struct swapper *swapper = payload;
    for (bool odd = false; !__atomic_load_n(&swapper->stop, __ATOMIC_RELAXED); odd = !odd) {
        char aside[300];
        snprintf(aside, sizeof aside, "%s.aside", swapper->mine);
        unlink(aside);
        if (link(odd ? swapper->one : swapper->two, aside) == 0)
            rename(aside, swapper->mine);
    }
    return NULL;
}

/* Somebody exchanges the file all the time; only the trusted one ever runs. */
static void test_swapped_all_the_time(void **state)
{
    enum {
        TRIES = 2000
    };
    struct swapper swapper = { .stop = false };
    pthread_t thread;
    int loaded = 0, refused = 0;
    (void)state;
    copy_file(BUILT "good.so", "mine.so");
    trust_mine();
    copy_file(BUILT "good.so", "one.so");
    copy_file(BUILT "other.so", "two.so");
    test_path(swapper.one, "one.so");
    test_path(swapper.two, "two.so");
    test_path(swapper.mine, "mine.so");
    assert_int_equal(pthread_create(&thread, NULL, swap_for_ever, &swapper), 0);
    for (int i = 0; i < TRIES && !(loaded > 10 && refused > 10); i++) {
        pid_t child = fork();
        if (child == 0) {
            struct answer answer;
            load(&answer, MINE, false, NULL);
            if (answer.code)
                _exit(answer.constructed[0] ? 3 : 1);
            _exit(strcmp(answer.constructed, "yes") == 0 ? 0 : 2);
        }
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) <= 1);
        loaded += WEXITSTATUS(status) == 0;
        refused += WEXITSTATUS(status) == 1;
    }
    __atomic_store_n(&swapper.stop, true, __ATOMIC_RELAXED);
    pthread_join(thread, NULL);
    assert_true(loaded > 10 && refused > 10); /* both were met */
}

static unsigned count_descriptors(void)
{
    unsigned n = 0;
    for (int fd = 0; fd < 256; fd++)
        n += fcntl(fd, F_GETFD) != -1;
    return n;
}

/* Two plugins do not meet under one name of the loader, and a command that opens the registry again and again keeps
 * one descriptor a plugin. */
static void test_names(void **state)
{
    char first[GW_PLUGIN_PATH], second[GW_PLUGIN_PATH], again[GW_PLUGIN_PATH];
    struct gw_plugin_file files[2];
    struct gw_fault unsafe = { 0 }, fault = { 0 };
    (void)state;
    copy_file(BUILT "good.so", "mine.so");
    trust_mine();
    assert_loads(MINE, false);
    unsigned before = count_descriptors();
    for (int i = 0; i < 5; i++)
        assert_loads(MINE, false);
    assert_int_equal(count_descriptors(), before);

    char path[256];
    test_path(path, "mine.so");
    assert_int_equal(gw_plugin_file_open(&files[0], path, true, &unsafe, &fault), GW_DONE);
    test_path(path, "bundled/other.so");
    assert_int_equal(gw_plugin_file_open(&files[1], path, true, &unsafe, &fault), GW_DONE);
    gw_plugin_file_hash(&files[0]);
    gw_plugin_file_hash(&files[1]);
    assert_int_equal(gw_image_open(first, &files[0], NULL, &fault), GW_DONE);
    assert_int_equal(gw_image_open(second, &files[1], NULL, &fault), GW_DONE);
    assert_int_equal(gw_image_open(again, &files[0], NULL, &fault), GW_DONE);
    assert_string_not_equal(first, second);
    assert_string_equal(first, again);
    /* Nobody can write to what was sealed. */
    int fd = open(second, O_RDWR);
    assert_true(fd < 0 || write(fd, "x", 1) < 0);
    if (fd >= 0)
        close(fd);
    gw_plugin_file_close(&files[0]);
    gw_plugin_file_close(&files[1]);
}

/* A policy of the system that no code runs from memory: here a filter that refuses memfd_create. */
static bool forbid_memory(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_memfd_create, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = { sizeof code / sizeof code[0], code };
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static void test_unsealed(void **state)
{
    (void)state;
    copy_file(BUILT "other.so", "mine.so");
    trust_mine();
    pid_t child = fork();
    if (child == 0) {
        struct gw_events events;
        struct listener listener;
        struct answer answer;
        if (!forbid_memory())
            _exit(77);
        listen_to(&events, &listener);
        load(&answer, MINE, false, &events);
        _exit(answer.code                                                      ? 1
              : !strstr(gw_buf_str(&listener.texts), "plugin.unsealed")        ? 2
              : !strstr(gw_buf_str(&listener.texts), "not from a sealed copy") ? 3
              : strcmp(answer.constructed, "other") != 0                       ? 4
                                                                               : 0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77)
        skip();
    assert_int_equal(WEXITSTATUS(status), 0);
    forget();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        /* First, while this process has loaded none of them: what is loaded once is not loaded again. */
        cmocka_unit_test(test_swapped_before_load),
        cmocka_unit_test(test_swapped_all_the_time),
        cmocka_unit_test(test_unsealed),
        cmocka_unit_test(test_first_use),
        cmocka_unit_test(test_changed),
        cmocka_unit_test(test_revoked),
        cmocka_unit_test(test_not_trusted),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_same_file),

        cmocka_unit_test(test_sha256_pin),
        cmocka_unit_test(test_required_pins),
        cmocka_unit_test(test_signature),
        cmocka_unit_test(test_names),

    };
    return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
