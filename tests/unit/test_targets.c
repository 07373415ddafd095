/* SPDX-License-Identifier: Apache-2.0 */
/* What a target means: docs/targets.md, case by case. */
#include "target_case.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* ---- names ---- */

static const struct target_case names[] = {
    { LINE, NULL, ONE, "ae2000000001", "ae2", 0, NULL },
    { LINE, NULL, ONE, "ae2", "ae2", 0, NULL },
    { LINE, NULL, ONE, "2", "27c", 0, NULL }, /* a prefix of any length */
    { LINE, NULL, ONE, "27c600000001", "27c", 0, NULL },
    { LINE, NULL, ONE, "head", "ab3", 0, NULL },
    { LINE, NULL, ONE, "heads", "ab3", 0, NULL },
    { LINE, NULL, ONE, "base", "base", 0, NULL },
    { LINE, NULL, ONE, "head-1", "27c", 0, NULL },
    { LINE, NULL, ONE, "head-4", "base", 0, NULL },
    { LINE, NULL, ONE, "ae1-1", "base", 0, NULL },
    { LINE, NULL, ONE, "base+2", "ae2", 0, NULL },
    { LINE, NULL, ONE, "ae10+2", "27c", 0, NULL },
    { LINE, "ae2", ONE, "current", "ae2", 0, NULL },
    { LINE, "ae2", ONE, "current+1", "27c", 0, NULL },
    { LINE, "ae2", ONE, "-1", "ae1", 0, NULL },
    { LINE, "", ONE, "current", "base", 0, NULL },
    { LINE, NULL, ONE, "current", "'current' counts from what is applied", GW_USAGE,
      "name a revision" },
    { LINE, NULL, ONE, "+1", "'+1' counts from what is applied", GW_USAGE, "name a revision" },
    { NONE, NULL, ONE, "head", "base", 0, NULL },
    { NONE, NULL, MANY, "heads", "", 0, NULL },
    { OTHERS, NULL, ONE, "R__a", "R__a", 0, NULL },
    { FORK, NULL, ONE, "feat", "b1", 0, NULL },
    { FORK, NULL, ONE, "fea", "b1", 0, NULL },
    { FORK, NULL, ONE, "feat@head", "b2", 0, NULL },
    { FORK, NULL, ONE, "bbbb00000001@head", "b2", 0, NULL }, /* a revision is a branch, too */
    { FORK, NULL, ONE, "c@head", "c1", 0, NULL },
    { FORK, NULL, ONE, "feat@aaaa00000002", "a2", 0, NULL },
    { FORK, NULL, ONE, "feat@base", "base", 0, NULL },
    { FORK, NULL, MANY, "heads", "b2 c1 d2", 0, NULL },
    { FORK, NULL, MANY, "aaaa00000001@heads", "b2 c1", 0, NULL },
    { FORK, "b2 d1", MANY, "current", "b2 d1", 0, NULL },
    { FORK, "b2 d1", MANY, "other@current", "d1", 0, NULL },
    { MERGED, NULL, ONE, "feat@head", "e1", 0, NULL },
    /* what cannot be */
    { LINE, NULL, ONE, "ae", "'ae' is ambiguous", GW_USAGE, "ae1000000001, ae2000000001" },
    { LINE, NULL, ONE, "ab4000000001", "no revision 'ab4000000001'", GW_USAGE, "'ab3000000001'" },
    { LINE, NULL, ONE, "zzzz", "no revision 'zzzz'", GW_USAGE, "`godwit history`" },
    { LINE, NULL, ONE, "AE1000000001", "no revision 'AE1000000001'", GW_USAGE, "'ae1000000001'" },
    { NONE, NULL, ONE, "abc", "no revision 'abc'", GW_USAGE, NULL },
    { FORK, NULL, ONE, "nob@head", "no revision 'nob'", GW_USAGE, NULL },
    { FORK, NULL, ONE, "aaaa@head", "'aaaa' is ambiguous", GW_USAGE, "aaaa00000001, aaaa00000002" },
    { FORK, NULL, ONE, "head", "'head' is ambiguous", GW_USAGE,
      "bbbb00000002, cccc00000001, dddd00000002" },
    { FORK, NULL, ONE, "heads", "'heads' is ambiguous", GW_USAGE, "cccc00000001" },
    { FORK, NULL, ONE, "aaaa00000001@head", "'aaaa00000001@head' is ambiguous", GW_USAGE,
      "bbbb00000002, cccc00000001" },
    { FORK, NULL, ONE, "feat@cccc00000001", "'cccc00000001' is not on the branch 'feat'", GW_USAGE,
      NULL },
    { FORK, NULL, ONE, "other@feat", "'bbbb00000001' is not on the branch 'other'", GW_USAGE,
      NULL },
    { FORK, NULL, ONE, "base+1", "'base+1' is ambiguous", GW_USAGE, "aaaa00000001, dddd00000001" },
    { LINE, NULL, ONE, "head+1", "'head+1' asks for 1 revision", GW_USAGE, NULL },
    { LINE, NULL, ONE, "head-5", "'head-5' asks for 5 revisions, but there are only 4", GW_USAGE,
      NULL },
    { LINE, NULL, ONE, "base-1", "'base-1' asks for 1 revision", GW_USAGE, NULL },
    { LINE, NULL, ONE, "base+9223372036854775807", "'base+9223372036854775807' asks for", GW_USAGE,
      NULL },
    /* the grammar is anchored */
    { LINE, "ae1", ONE, "+1abc", "'+1abc' is not a target", GW_USAGE, "REV+N" },
    { LINE, "ae1", ONE, "+", "'+' is not a target", GW_USAGE, NULL },
    { LINE, "ae1", ONE, "++1", "'++1' is not a target", GW_USAGE, NULL },
    { LINE, "ae1", ONE, "ae10+", "'ae10+' is not a target", GW_USAGE, NULL },
    { LINE, "ae1", ONE, "ae10+-1", "'ae10+-1' is not a target", GW_USAGE, NULL },
    { LINE, "ae1", ONE, "ae10+1+1", "'ae10+1+1' is not a target", GW_USAGE, NULL },
    { LINE, "ae1", ONE, "+99999999999999999999", "'+99999999999999999999' is not a target",
      GW_USAGE, NULL },
    { LINE, "ae1", ONE, "", "'' is not a target", GW_USAGE, NULL },
    { LINE, "ae1", ONE, " head", "' head' is not a target", GW_USAGE, NULL },
    { LINE, "ae1", ONE, "ae10:ae20", "'ae10:ae20' is not a target", GW_USAGE, NULL },
    { FORK, "a2", ONE, "@head", "'@head' is not a target", GW_USAGE, NULL },
    { FORK, "a2", ONE, "feat@", "'feat@' is not a target", GW_USAGE, NULL },
    { FORK, "a2", ONE, "feat@@head", "'feat@@head' is not a target", GW_USAGE, NULL },
    { FORK, "a2", ONE, "feat@other@head", "'feat@other@head' is not a target", GW_USAGE, NULL },
    { FORK, "a2", ONE, "head@feat", "'head' is not a target", GW_USAGE, NULL },
    { FORK, "a2", ONE, "feat+1@head", "'feat+1@head' is not a target", GW_USAGE, NULL },
};

static void test_names(void **state)
{
    (void)state;
    target_cases_check(names, COUNT(names));
}

/* ---- upgrade ---- */

static const struct target_case upgrades[] = {
    { LINE, "", UPGRADE, NULL, "+ae1 +ae2 +27c +ab3", 0, NULL },
    { LINE, "", UPGRADE, "head", "+ae1 +ae2 +27c +ab3", 0, NULL },
    { LINE, "", UPGRADE, "heads", "+ae1 +ae2 +27c +ab3", 0, NULL },
    { LINE, "all", UPGRADE, "head", "", 0, NULL },
    { LINE, "", UPGRADE, "+1", "+ae1", 0, NULL },
    { LINE, "ae1", UPGRADE, "+2", "+ae2 +27c", 0, NULL },
    { LINE, "ae1", UPGRADE, "+0", "", 0, NULL },
    { LINE, "ae1", UPGRADE, "+9", "'+9' asks for 9 revisions, but there are only 3", GW_USAGE,
      "`godwit history`" },
    { LINE, "all", UPGRADE, "+1", "'+1' asks for 1 revision", GW_USAGE, NULL },
    { LINE, "ae1", UPGRADE, "-1", "'-1' goes down, and upgrade goes up", GW_USAGE,
      "`godwit downgrade -1`" },
    { LINE, "ae1", UPGRADE, "ae", "'ae' is ambiguous", GW_USAGE, "ae1000000001, ae2000000001" },
    { LINE, "ae1", UPGRADE, "ae20", "+ae2", 0, NULL },
    { LINE, "ae2", UPGRADE, "ae10", "", 0, NULL },
    { LINE, "ae2", UPGRADE, "ae20", "", 0, NULL },
    { LINE, "ae2", UPGRADE, "base", "", 0, NULL },
    { LINE, "", UPGRADE, "head-1", "+ae1 +ae2 +27c", 0, NULL },
    { LINE, "", UPGRADE, "ae10+1", "+ae1 +ae2", 0, NULL },
    { LINE, "", UPGRADE, "base+1", "+ae1", 0, NULL },
    { LINE, "ae2", UPGRADE, "ae20:27c6", "'ae20:27c6' is not a target", GW_USAGE, NULL },
    { LINE, "ae1", UPGRADE, "ffff", "no revision 'ffff'", GW_USAGE, NULL },
    { NONE, "", UPGRADE, NULL, "", 0, NULL },
    { NONE, "", UPGRADE, "head", "", 0, NULL },
    { NONE, "", UPGRADE, "heads", "", 0, NULL },
    { NONE, "", UPGRADE, "+1", "'+1' asks for 1 revision", GW_USAGE, NULL },
    /* branches */
    { FORK, "", UPGRADE, "head", "'head' is ambiguous: there are several heads", GW_USAGE,
      "BRANCH@head" },
    { FORK, "", UPGRADE, NULL, "'head' is ambiguous: there are several heads", GW_USAGE,
      "bbbb00000002, cccc00000001, dddd00000002" },
    { FORK, "", UPGRADE, "heads", "+a1 +a2 +b1 +b2 +c1 +d1 +d2", 0, NULL },
    { FORK, "", UPGRADE, "feat@head", "+a1 +a2 +b1 +b2", 0, NULL },
    { FORK, "", UPGRADE, "feat@heads", "+a1 +a2 +b1 +b2", 0, NULL },
    { FORK, "", UPGRADE, "other@head", "+a1 +a2 +b1 +d1 +d2", 0,
      NULL }, /* what it depends on comes along */
    { FORK, "", UPGRADE, "dddd00000002", "+a1 +a2 +b1 +d1 +d2", 0, NULL },
    { FORK, "b2", UPGRADE, "other@+1", "+d1", 0, NULL },
    { FORK, "b2 d1", UPGRADE, "other@head", "+d2", 0, NULL },
    { FORK, "b2 d2", UPGRADE, "cccc@head", "+c1", 0, NULL },
    { FORK, "b2 d2", UPGRADE, "cccc", "+c1", 0, NULL }, /* other branches stay where they are */
    { FORK, "b2", UPGRADE, "+1", "'+1' asks for 1 revision", GW_USAGE, NULL },
    { FORK, "b2 d1", UPGRADE, "+1", "'+1' is ambiguous: it counts from several revisions", GW_USAGE,
      "bbbb00000002, dddd00000001" },
    { FORK, "a2", UPGRADE, "+1", "'+1' is ambiguous: the way up forks", GW_USAGE,
      "bbbb00000001, cccc00000001" },
    { FORK, "", UPGRADE, "+1", "'+1' is ambiguous: the way up forks", GW_USAGE,
      "aaaa00000001, dddd00000001" },
    { FORK, "a2", UPGRADE, "aaaa00000002+1", "'aaaa00000002+1' is ambiguous: the way up forks",
      GW_USAGE, "bbbb00000001, cccc00000001" },
    { FORK, "a2", UPGRADE, "feat@aaaa00000002+1", "+b1", 0, NULL },
    { FORK, "a2", UPGRADE, "feat@+1", "+b1", 0, NULL },
    { FORK, "", UPGRADE, "feat@+1", "+a1", 0, NULL },
    { FORK, "c1", UPGRADE, "feat@+1", "+b1", 0,
      NULL }, /* from where the branch leaves what is applied */
    { FORK, "d2", UPGRADE, "feat@+1", "+b2", 0, NULL },
    { FORK, "b2", UPGRADE, "feat@+1", "'feat@+1' asks for 1 revision", GW_USAGE, NULL },
    { FORK, "", UPGRADE, "feat@base+1", "+a1", 0, NULL },
    { FORK, "", UPGRADE, "feat@head-1", "+a1 +a2 +b1", 0, NULL },
    { FORK, "", UPGRADE, "feat@aaaa00000001+2", "+a1 +a2 +b1", 0, NULL },
    { FORK, "", UPGRADE, "feat+1", "+a1 +a2 +b1 +b2", 0, NULL },
    { FORK, "", UPGRADE, "feat@base", "", 0, NULL },
    { FORK, "", UPGRADE, "aaaa00000", "'aaaa00000' is ambiguous", GW_USAGE,
      "aaaa00000001, aaaa00000002" },
    { MERGED, "b1", UPGRADE, "eeee", "+b2 +c1 +e1", 0, NULL },
    { MERGED, "b1", UPGRADE, "feat@head", "+b2 +c1 +e1", 0, NULL },
    { DEPENDS, "", UPGRADE, "y@head", "+a1 +b1 +c1", 0, NULL },
    /* What is only depended on is no start of its own. */
    { DEPENDS, "all", UPGRADE, "+1", "'+1' asks for 1 revision", GW_USAGE, NULL },
    { FORK, "d2", UPGRADE, "+1", "'+1' asks for 1 revision", GW_USAGE, NULL },
    /* gaps and rows of both a revision and its parent: each is a row of its own */
    { LINE, "=ab3", UPGRADE, "head", "+ae1 +ae2 +27c", 0, NULL },
    { LINE, "=ae1 ae2", UPGRADE, "head", "+27c +ab3", 0, NULL },
    { FORK, "=d2", UPGRADE, "other@head", "+a1 +a2 +b1 +d1", 0, NULL },
    /* repeatables and callbacks */
    { OTHERS, "", UPGRADE, NULL, "+before1 +before2 +v1 +v2 +R__a +R__b +after", 0, NULL },
    { OTHERS, "v2", UPGRADE, "heads", "+before1 +before2 +R__a +R__b +after", 0, NULL },
    { OTHERS, "v2 R__a R__b*", UPGRADE, "head", "+before1 +before2 +R__b +after", 0, NULL },
    { OTHERS, "v2 R__a R__b", UPGRADE, "head", "", 0, NULL },
    { OTHERS, "", UPGRADE, "+1", "+v1", 0, NULL },
    { OTHERS, "", UPGRADE, "v2", "+v1 +v2", 0, NULL },
    { OTHERS, "v1", UPGRADE, "R__a", "'R__a' ", GW_USAGE, "head" },
    { OTHERS, "v1", UPGRADE, "after", "'after' ", GW_USAGE, "head" },
    /* What they made went with the versioned revisions. */
    { OTHERS, "R__a R__b", UPGRADE, "head", "+before1 +before2 +v1 +v2 +R__a +R__b +after", 0,
      NULL },
    { REPEATABLES, "", UPGRADE, "head", "+R__a", 0, NULL },
    { REPEATABLES, "R__a", UPGRADE, "head", "", 0, NULL },
    /* baselines */
    { BASELINE, "", UPGRADE, "head", "+B9 +10 +11", 0, NULL },
    { BASELINE, "", UPGRADE, "9", "+B9", 0, NULL },
    { BASELINE, "", UPGRADE, "8", "+8", 0, NULL },
    { BASELINE, "", UPGRADE, "B9", "+B9", 0, NULL },
    { BASELINE, "=8", UPGRADE, "head", "+9 +10 +11", 0, NULL },
    { BASELINE, "=B9", UPGRADE, "head", "+10 +11", 0, NULL },
    { BASELINE, "=B9", UPGRADE, "+1", "+10", 0, NULL },
    { BASELINE, "=B9 10", UPGRADE, "+1", "+11", 0, NULL },
    { BASELINE, "=B9 10 11", UPGRADE, "head", "", 0, NULL },
    /* revisions that the database alone knows */
    { GHOSTS, "gone", UPGRADE, "g3", "+g3", 0, NULL },
    { GHOSTS, "later", UPGRADE, "heads", "+g3", 0, NULL },
    { GHOSTS, "later", UPGRADE, "head", "'head' is ambiguous", GW_USAGE, "g3, later" },
};

static void test_upgrade(void **state)
{
    (void)state;
    target_cases_check(upgrades, COUNT(upgrades));
}

/* ---- downgrade ---- */

static const struct target_case downgrades[] = {
    { LINE, "all", DOWNGRADE, "base", "-ab3 -27c -ae2 -ae1", 0, NULL },
    { LINE, "all", DOWNGRADE, "-1", "-ab3", 0, NULL },
    { LINE, "all", DOWNGRADE, "-4", "-ab3 -27c -ae2 -ae1", 0, NULL },
    { LINE, "ae2", DOWNGRADE, "-9", "'-9' asks for 9 revisions, but there are only 2", GW_USAGE,
      NULL },
    { LINE, "all", DOWNGRADE, "ae20", "-ab3 -27c", 0, NULL },
    { LINE, "all", DOWNGRADE, "head-2", "-ab3 -27c", 0, NULL },
    { LINE, "all", DOWNGRADE, "ae10+1", "-ab3 -27c", 0, NULL },
    { LINE, "ae2", DOWNGRADE, "ae10+1", "", 0, NULL },
    { LINE, "all", DOWNGRADE, "head", "", 0, NULL },
    { LINE, "", DOWNGRADE, "base", "", 0, NULL },
    { NONE, "", DOWNGRADE, "base", "", 0, NULL },
    { LINE, "", DOWNGRADE, "-1", "'-1' asks for 1 revision", GW_USAGE, NULL },
    { LINE, "ae2", DOWNGRADE, "ab30", "cannot go down to 'ab3000000001': it is not applied",
      GW_USAGE, "`godwit upgrade`" },
    { LINE, "ae2", DOWNGRADE, "head", "cannot go down to 'ab3000000001': it is not applied",
      GW_USAGE, NULL },
    { LINE, "ae2", DOWNGRADE, "+1", "'+1' goes up, and downgrade goes down", GW_USAGE,
      "`godwit upgrade +1`" },
    { LINE, "all", DOWNGRADE, "+1", "'+1' goes up, and downgrade goes down", GW_USAGE,
      "`godwit upgrade +1`" },
    { LINE, "ae2", DOWNGRADE, "ffff", "no revision 'ffff'", GW_USAGE, NULL },
    { LINE, "ae2", DOWNGRADE, "ae20:ae10", "'ae20:ae10' is not a target", GW_USAGE, NULL },
    /* branches */
    { FORK, "all", DOWNGRADE, "base", "-d2 -d1 -c1 -b2 -b1 -a2 -a1", 0, NULL },
    { FORK, "all", DOWNGRADE, "aaaa00000002", "-d2 -c1 -b2 -b1", 0,
      NULL }, /* and what depends on it */
    { FORK, "all", DOWNGRADE, "feat", "-b2", 0, NULL },
    { FORK, "all", DOWNGRADE, "feat@head-1", "-b2", 0, NULL },
    { FORK, "all", DOWNGRADE, "feat@aaaa00000002", "-d2 -b2 -b1", 0, NULL },
    { FORK, "all", DOWNGRADE, "feat@-1", "-b2", 0, NULL },
    { FORK, "all", DOWNGRADE, "feat@-2", "-d2 -b2 -b1", 0, NULL },
    { FORK, "all", DOWNGRADE, "other@-1", "-d2", 0, NULL },
    { FORK, "all", DOWNGRADE, "cccc@-1", "-c1", 0, NULL },
    { FORK, "d2", DOWNGRADE, "feat@-1", "-d2 -b1", 0, NULL },
    { FORK, "c1", DOWNGRADE, "feat@-1", "-c1 -a2", 0, NULL },
    { FORK, "d1", DOWNGRADE, "feat@-1", "'feat@-1' asks for 1 revision", GW_USAGE, NULL },
    { FORK, "all", DOWNGRADE, "-1", "'-1' is ambiguous: it counts from several revisions", GW_USAGE,
      "bbbb00000002, cccc00000001, dddd00000002" },
    { FORK, "all", DOWNGRADE, "-1", "'-1' is ambiguous", GW_USAGE, "`BRANCH@-1`" },
    { LINE, "all", DOWNGRADE, "ae", "'ae' is ambiguous", GW_USAGE, "as much of the id" },
    { FORK, "b2", DOWNGRADE, "-1", "-b2", 0, NULL },
    { FORK, "b2", DOWNGRADE, "cccc", "cannot go down to 'cccc00000001': it is not applied",
      GW_USAGE, NULL },
    { FORK, "all", DOWNGRADE, "other@base", "-d2 -d1", 0, NULL },
    { FORK, "all", DOWNGRADE, "feat@base", "'feat@base' reverts 3 revisions", GW_PENDING,
      "aaaa00000001, aaaa00000002, cccc00000001" },
    { FORK, "all", AGREED, "feat@base", "-d2 -c1 -b2 -b1 -a2 -a1", 0, NULL },
    { FORK, "all", DOWNGRADE, "cccc@base", "'cccc@base' reverts 5 revisions", GW_PENDING, NULL },
    { FORK, "d1", DOWNGRADE, "feat@base", "", 0, NULL },
    { MIDDLE, "all", DOWNGRADE, "mid@base", "'mid@base' reverts 1 revision", GW_PENDING, "m1" },
    { MIDDLE, "all", AGREED, "mid@base", "-m3 -m2 -m1", 0, NULL },
    { LIBRARY, "all", DOWNGRADE, "lib@base", "-s2 -r2 -r1", 0, NULL },
    { LIBRARY, "all", DOWNGRADE, "app@base", "-s2 -s1", 0, NULL },
    { LIBRARY, "all", DOWNGRADE, "lib", "-r2", 0, NULL },
    /* merges */
    { MERGED, "e1", DOWNGRADE, "-1", "'-1' is ambiguous: the way down forks at a merge", GW_USAGE,
      "bbbb00000002, cccc00000001" },
    { MERGED, "e1", DOWNGRADE, "feat@-1", "-e1", 0, NULL }, /* the branch says which way */
    { MERGED, "e1", DOWNGRADE, "eeee@-1", "'eeee@-1' is ambiguous: the way down forks", GW_USAGE,
      NULL },
    { MERGED, "e1", DOWNGRADE, "eeee-1", "'eeee-1' is ambiguous: the way down forks", GW_USAGE,
      NULL },
    { MERGED, "e1", DOWNGRADE, "bbbb00000002", "-e1", 0, NULL },
    { MERGED, "e1", DOWNGRADE, "aaaa00000002", "-e1 -c1 -b2 -b1", 0, NULL },
    /* dependencies */
    { DEPENDS, "all", DOWNGRADE, "x@-1", "-c1 -b1", 0, NULL },
    { DEPENDS, "all", DOWNGRADE, "y@-1", "-c1", 0, NULL },
    { DEPENDS, "all", DOWNGRADE, "y@aaaa", "-c1", 0, NULL },
    { DEPENDS, "all", DOWNGRADE, "aaaa", "-c1 -b1", 0, NULL },
    { DEPENDS, "all", DOWNGRADE, "-1", "-c1", 0, NULL },
    { DEPENDS, "all", DOWNGRADE, "-2", "-c1 -b1 -a1", 0, NULL },
    { DEPENDS, "all", DOWNGRADE, "x@base", "'x@base' reverts 1 revision", GW_PENDING,
      "aaaa00000001" },
    { FORK, "d2", DOWNGRADE, "-1", "-d2", 0, NULL },
    { FORK, "d2", DOWNGRADE, "-2", "-d2 -d1", 0, NULL },
    /* gaps */
    { LINE, "=ab3", DOWNGRADE, "base", "-ab3", 0, NULL },
    { LINE, "=ae1 ab3", DOWNGRADE, "-1", "-ab3", 0, NULL },
    { LINE, "=ae1 ab3", DOWNGRADE, "ae20", "cannot go down to 'ae2000000001': it is not applied",
      GW_USAGE, NULL },
    { LINE, "=ae1 ae2", DOWNGRADE, "-1", "-ae2", 0, NULL },
    /* repeatables have no down */
    { OTHERS, "all", DOWNGRADE, "-1", "-v2", 0, NULL },
    { OTHERS, "all", DOWNGRADE, "base", "-v2 -v1", 0, NULL },
    { OTHERS, "all", DOWNGRADE, "R__a", "'R__a' ", GW_USAGE, NULL },
    /* baselines */
    { BASELINE, "=B9 10 11", DOWNGRADE, "-1", "-11", 0, NULL },
    { BASELINE, "=B9 10", DOWNGRADE, "-1", "-10", 0, NULL },
    { BASELINE, "=B9 10 11", DOWNGRADE, "-2", "-11 -10", 0, NULL },
    { BASELINE, "=B9 10 11", DOWNGRADE, "B9", "-11 -10", 0, NULL },
    { BASELINE, "=B9 10 11", DOWNGRADE, "base", "-11 -10 -B9", 0, NULL },
    { BASELINE, "=B9", DOWNGRADE, "-1", "-B9", 0, NULL },
    { BASELINE, "=8 9 10", DOWNGRADE, "-1", "-10", 0, NULL },
    /* revisions that the database alone knows */
    { GHOSTS, "later", DOWNGRADE, "-1", "-later", 0, NULL },
    { GHOSTS, "later", DOWNGRADE, "g2", "-later -gone", 0, NULL },
    { GHOSTS, "later g3", DOWNGRADE, "gone", "-later", 0, NULL },
};

static void test_downgrade(void **state)
{
    (void)state;
    target_cases_check(downgrades, COUNT(downgrades));
}

/* ---- stamp ---- */

static const struct target_case stamps[] = {
    { LINE, "ae2", STAMP, "head", "+27c +ab3", 0, NULL },
    { LINE, "all", STAMP, "ae10", "-ab3 -27c -ae2", 0, NULL },
    { LINE, "ae1", STAMP, "base", "-ae1", 0, NULL },
    { LINE, "", STAMP, "base", "", 0, NULL },
    { LINE, "ae2", STAMP, "ae20", "", 0, NULL },
    { LINE, "ae2", STAMP, "+1", "+27c", 0, NULL },
    { LINE, "=ab3", STAMP, "head", "+ae1 +ae2 +27c", 0, NULL },
    { LINE, "ae2", STAMP, "ffff", "no revision 'ffff'", GW_USAGE, NULL },
    { NONE, "", STAMP, "head", "", 0, NULL },
    { FORK, "", STAMP, "heads", "+a1 +a2 +b1 +b2 +c1 +d1 +d2", 0, NULL },
    { FORK, "", STAMP, "head", "'head' is ambiguous", GW_USAGE, "bbbb00000002" },
    { FORK, "all", STAMP, "base", "-d2 -d1 -c1 -b2 -b1 -a2 -a1", 0, NULL },
    { FORK, "c1", STAMP, "feat@head", "+b1 +b2", 0, NULL }, /* other branches stay where they are */
    { FORK, "", STAMP, "dddd00000002", "+a1 +a2 +b1 +d1 +d2", 0, NULL },
    { FORK, "all", STAMP, "bbbb00000001", "-d2 -b2", 0, NULL },
    { FORK, "all", STAMP, "aaaa00000002", "-d2 -c1 -b2 -b1", 0, NULL },
    { FORK, "b2", STAMP, "feat cccc", "-b2 +c1", 0, NULL },
    { FORK, "b2 d2", STAMP, "bbbb00000001 aaaa00000001", "-d2 -b2", 0, NULL },
    { FORK, "", STAMP, "feat other", "+a1 +a2 +b1 +d1", 0, NULL },
    { FORK, "b2", STAMP, "feat ffff", "no revision 'ffff'", GW_USAGE, NULL },
    { FORK, "all", STAMP, "other@base", "-d2 -d1", 0, NULL },
    /* The branch goes, and what depends on it; the trunk stays as long as something stands on it. */
    { FORK, "all", STAMP, "feat@base", "-d2 -b2 -b1", 0, NULL },
    { FORK, "b2", STAMP, "feat@base", "-b2 -b1 -a2 -a1", 0, NULL },
    { MIDDLE, "all", STAMP, "mid@base", "-m3 -m2 -m1", 0, NULL },
    { OTHERS, "v1", STAMP, "R__a", "'R__a' ", GW_USAGE, NULL },
    { BASELINE, "", STAMP, "10", "+8 +9 +10", 0, NULL },
    { BASELINE, "=B9 10 11", STAMP, "10", "-11", 0, NULL },
    { BASELINE, "=B9 10 11", STAMP, "9", "-11 -10", 0, NULL },
    { BASELINE, "=B9 10 11", STAMP, "8", "-11 -10 -B9 +8", 0, NULL },
    { BASELINE, "=B9", STAMP, "head", "+10 +11", 0, NULL },
    { BASELINE, "", STAMP, "B9", "+B9", 0, NULL },
    { BASELINE, "=8 9 10", STAMP, "B9", "-10 +B9", 0, NULL },
    { BASELINE, "=B9 10", STAMP, "base", "-10 -B9", 0, NULL },
    { GHOSTS, "later", STAMP, "g3", "+g3", 0, NULL },
    { GHOSTS, "later", STAMP, "g2", "-later -gone", 0, NULL },
};

static void test_stamp(void **state)
{
    (void)state;
    target_cases_check(stamps, COUNT(stamps));
}

/* ---- ranges ---- */

static const struct target_case ranges[] = {
    { LINE, "all", RANGE, "current:", "ab3", 0, NULL },
    { LINE, "ae2", RANGE, ":current", "ae1 ae2", 0, NULL },
    { LINE, "all", RANGE, "-2:current", "ae2 27c ab3", 0, NULL },
    { LINE, NULL, RANGE, "-3:", "ae1 ae2 27c ab3", 0, NULL },
    { LINE, NULL, RANGE, "-1:", "27c ab3", 0, NULL },
    { LINE, NULL, RANGE, "-1:head-1", "ae2 27c", 0, NULL },
    { LINE, NULL, RANGE, "ae10:+2", "ae1 ae2 27c", 0, NULL },
    { LINE, NULL, RANGE, "ae10:ae20", "ae1 ae2", 0, NULL },
    { LINE, NULL, RANGE, "ae10:head-1", "ae1 ae2 27c", 0, NULL },
    { LINE, NULL, RANGE, "ae20:ae20", "ae2", 0, NULL },
    { LINE, NULL, RANGE, "ae20:", "ae2 27c ab3", 0, NULL },
    { LINE, NULL, RANGE, ":ae20", "ae1 ae2", 0, NULL },
    { LINE, NULL, RANGE, ":", "ae1 ae2 27c ab3", 0, NULL },
    { LINE, NULL, RANGE, "base:", "ae1 ae2 27c ab3", 0, NULL },
    { LINE, NULL, RANGE, "base:heads", "ae1 ae2 27c ab3", 0, NULL },
    { LINE, NULL, RANGE, "base:+2", "ae1 ae2", 0, NULL },
    { LINE, NULL, RANGE, ":+2", "ae1 ae2", 0, NULL },
    { LINE, NULL, RANGE, "base:base", "", 0, NULL },
    { LINE, "", RANGE, ":current", "", 0, NULL },
    { LINE, "", RANGE, "current:", "ae1 ae2 27c ab3", 0, NULL },
    { LINE, NULL, RANGE, "-9:", "ae1 ae2 27c ab3", 0, NULL }, /* as many as there are */
    { LINE, NULL, RANGE, "ae20:+9", "ae2 27c ab3", 0, NULL },
    { NONE, NULL, RANGE, ":", "", 0, NULL },
    { NONE, NULL, RANGE, "base:head", "", 0, NULL },
    { FORK, NULL, RANGE, "feat@base:feat@head", "a1 a2 b1 b2", 0, NULL },
    { FORK, NULL, RANGE, "feat@-1:feat@head", "b1 b2", 0, NULL },
    { FORK, NULL, RANGE, "aaaa00000001:feat@+2", "a1 a2 b1", 0, NULL },
    { FORK, NULL, RANGE, "aaaa00000002:", "a2 b1 b2 c1", 0, NULL },
    { FORK, NULL, RANGE, "aaaa00000002:heads", "a2 b1 b2 c1", 0, NULL },
    { MERGED, NULL, RANGE, "bbbb00000001:eeee", "b1 b2 e1", 0, NULL },
    { MERGED, NULL, RANGE, "aaaa00000002:eeee", "a2 b1 b2 c1 e1", 0, NULL },
    { GHOSTS, "later", RANGE, "g2:current", "g2 gone later", 0, NULL },
    /* what cannot be */
    { LINE, NULL, RANGE, "ab30:ae10",
      "'ab30:ae10' is empty: its end does not descend from its start", GW_USAGE,
      "older revision first" },
    { FORK, NULL, RANGE, "feat:cccc", "'feat:cccc' is empty", GW_USAGE, "the same branch" },
    { LINE, NULL, RANGE, "ae10", "'ae10' is not a range", GW_USAGE, "START:END" },
    { LINE, NULL, RANGE, "", "'' is not a range", GW_USAGE, "START:END" },
    { LINE, NULL, RANGE, "a:b:c", "'a:b:c' is not a range", GW_USAGE, "START:END" },
    { LINE, NULL, RANGE, "+1:", "'+1:' is not a range", GW_USAGE, NULL },
    { LINE, NULL, RANGE, ":-1", "':-1' is not a range", GW_USAGE, NULL },
    { LINE, NULL, RANGE, "-1:+1", "'-1:+1' is not a range", GW_USAGE, NULL },
    { LINE, NULL, RANGE, "ae:head", "'ae' is ambiguous", GW_USAGE, "ae1000000001, ae2000000001" },
    { LINE, NULL, RANGE, "ffff:", "no revision 'ffff'", GW_USAGE, NULL },
    { LINE, NULL, RANGE, ":ffff", "no revision 'ffff'", GW_USAGE, NULL },
    { LINE, NULL, RANGE, "current:", "'current' counts from what is applied", GW_USAGE, NULL },
    { FORK, NULL, RANGE, "-1:", "'-1' is ambiguous", GW_USAGE,
      "bbbb00000002, cccc00000001, dddd00000002" },
    { FORK, NULL, RANGE, ":+1", "'+1' is ambiguous", GW_USAGE, "aaaa00000001, dddd00000001" },
    { FORK, NULL, RANGE, "aaaa00000002:+1", "'+1' is ambiguous", GW_USAGE,
      "bbbb00000001, cccc00000001" },
    { FORK, NULL, RANGE, "aaaa00000002:head", "'head' is ambiguous", GW_USAGE, "cccc00000001" },
};

static void test_ranges(void **state)
{
    (void)state;
    target_cases_check(ranges, COUNT(ranges));
}

/* ---- what is current ---- */

static const struct target_case currents[] = {
    { LINE, "", CURRENT, NULL, "", 0, NULL },
    { LINE, "ae2", CURRENT, NULL, "ae2", 0, NULL },
    { LINE, "=ae1 ab3", CURRENT, NULL, "ab3", 0, NULL },
    { LINE, "=ae1 ae2", CURRENT, NULL, "ae2", 0, NULL },
    { FORK, "all", CURRENT, NULL, "b2 c1 d2", 0, NULL },
    { FORK, "d2", CURRENT, NULL, "b1 d2", 0, NULL },
    { FORK, "d2", EFFECTIVE, NULL, "d2", 0, NULL },
    { FORK, "all", EFFECTIVE, NULL, "b2 c1 d2", 0, NULL },
    { MERGED, "all", CURRENT, NULL, "d2 e1", 0, NULL },
    { DEPENDS, "all", CURRENT, NULL, "b1 c1", 0, NULL },
    { DEPENDS, "all", EFFECTIVE, NULL, "c1", 0, NULL },
    { OTHERS, "all", CURRENT, NULL, "v2", 0, NULL },
    { BASELINE, "=B9", CURRENT, NULL, "B9", 0, NULL },
    { BASELINE, "=B9 10", CURRENT, NULL, "10", 0, NULL },
    { GHOSTS, "later", CURRENT, NULL, "later", 0, NULL },
};

static void test_current(void **state)
{
    (void)state;
    target_cases_check(currents, COUNT(currents));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),     cmocka_unit_test(test_upgrade),
        cmocka_unit_test(test_downgrade), cmocka_unit_test(test_stamp),
        cmocka_unit_test(test_ranges),    cmocka_unit_test(test_current),
    };
    return cmocka_run_group_tests_name("targets", tests, NULL, NULL);
}
