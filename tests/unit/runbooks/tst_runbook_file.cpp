// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/domain/proposal.h"
#include "services/base/files.h"
#include "services/runbooks/runbook_file.h"
#include <QDir>
#include <QtTest>

using namespace wf;
using namespace Qt::StringLiterals;

namespace {
const QString kRestore
    = QStringLiteral(WF_SOURCE_DIR "/resources/samples/account-numbers/runbooks/restore-behaviour-stack.yaml");

// Line numbers below count in this text.
const QByteArray kContain = R"(id: route
version: 1.0.0
title: Route to people
owner: support
class: contain
applies_to: { features: [support-copilot] }
parameters:
  percent: { type: integer, minimum: 1, maximum: 100, default: "75" }
limits: { share_of_feature: 1.0, duration: 24h }
steps:
  - id: route
    title: "route {parameters.percent} %"
    tier: 2
    touches: { feature: "{feature}" }
    precondition: { kind: http, method: GET, path: "/features/{feature}", expect: { json: /human_percent, equals: "0" } }
    action: { kind: http, target: flags, method: PATCH, path: "/features/{feature}/route", body: { human_percent: "{parameters.percent}" } }
    gate: { kind: telemetry, attribute: handled_by, equals: human, share: 0.60, window: 20s, minimum: 50, within: 5m }
    undo: { kind: http, method: PATCH, path: "/features/{feature}/route", body: { human_percent: 0 } }
escalation: { after: 5m, to: ai-director }
)";
} // namespace

class RunbookFileTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void shippedRunbooksRead()
    {
        const auto bytes = readFile(kRestore);
        QVERIFY(bytes);
        const auto r = parseRunbook(*bytes, u"restore.yaml"_s);
        QVERIFY2(r, r ? "" : qPrintable(r.error().sentence()));
        QCOMPARE(r->id, u"restore-behaviour-stack"_s);
        QCOMPARE(int(r->tier()), int(Tier::T3));
        QCOMPARE(int(r->cls), int(RunbookClass::RestoreKnownGood));
        QCOMPARE(r->steps.size(), size_t(3));
        QCOMPARE(r->steps[0].gate.share, 0.99);
        QCOMPARE(r->steps[0].gate.of, u"uncached_answers"_s);
        QCOMPARE(r->steps[0].gate.window, 30 * kSecond);
        QCOMPARE(r->steps[0].precondition.target, u"flags"_s); // inherited from the action
        QCOMPARE(r->steps[1].gate.of, u"answers"_s);
        QVERIFY(r->steps[1].undo.isNull() && !r->steps[1].noUndo.isEmpty());
        QCOMPARE(int(r->steps[2].tier), int(Tier::T2));
        QCOMPARE(r->steps[2].action.body[u"human_percent"_s], QJsonValue(0));
        QCOMPARE(r->verify.windows, 3);
        QCOMPARE(r->verify.margin, 0.02);
        QCOMPARE(r->replay.method, u"POST"_s);
        QCOMPARE(r->limits.duration, 24 * kHour);
        QVERIFY(!r->executable()); // reading is not trusting
        int files = 0;
        for (const QString& folder : {u"/resources/runbooks"_s, u"/resources/samples/account-numbers/runbooks"_s}) {
            const QDir dir(QStringLiteral(WF_SOURCE_DIR) + folder);
            for (const QString& name : dir.entryList({u"*.yaml"_s}, QDir::Files)) {
                const auto each = parseRunbook(*readFile(dir.filePath(name)), name);
                QVERIFY2(each, each ? "" : qPrintable(each.error().sentence()));
                ++files;
            }
        }
        QVERIFY(files >= 4);
    }

    void sampleRestoreDrafts()
    {
        auto r = parseRunbook(*readFile(kRestore), u"restore.yaml"_s);
        QVERIFY(r);
        r->signedBy = u"demo-site"_s;
        DraftContext c;
        c.feature = u"support-copilot"_s;
        c.good[Layer::Prompt] = u"v41"_s;
        c.observed[Layer::Prompt] = u"v42"_s;
        c.good[Layer::Cache] = c.observed[Layer::Cache] = u"c1"_s;
        c.goodDay = u"21 Nov"_s;
        c.targets = {{u"flags"_s, u"http://127.0.0.1:1"_s}};
        c.requester = u"agent:offline"_s;
        c.now = kDay;
        const auto p = draftProposal(*r, c);
        QVERIFY2(p, p ? "" : qPrintable(p.error().sentence()));
        QCOMPARE(p->title, u"Restore behaviour stack of 21 Nov"_s);
        QCOMPARE(p->steps[0].title, u"pin prompt v41"_s);
        QCOMPARE(p->steps[1].action.body, (QJsonObject{{u"generation"_s, u"c2"_s}}));
        QCOMPARE(p->steps[1].precondition.expectEquals, u"c1"_s);
        QCOMPARE(p->steps[2].undo.body, (QJsonObject{{u"human_percent"_s, 75}}));
        QCOMPARE(p->replay.body, (QJsonObject{{u"prompt"_s, u"v41"_s}, {u"count"_s, 200}}));
        QCOMPARE(p->parameters.at(u"target_manifest"_s), c.good.digest());
        QCOMPARE(departureFrom(*r, *p), QString());
    }

    void refusals_data()
    {
        QTest::addColumn<QByteArray>("from");
        QTest::addColumn<QByteArray>("to");
        QTest::addColumn<QString>("place");
        QTest::addColumn<QString>("says");
        const auto row = [](const char* name, const char* from, const char* to, const char* place, const char* says) {
            QTest::newRow(name) << QByteArray(from) << QByteArray(to) << QString::fromLatin1(place)
                                << QString::fromUtf8(says);
        };
        row("unknown key", "owner: support", "owner: support\nshell: rm", "r.yaml:5:8", "\"shell\" is not known");
        row("unknown step key", "    tier: 2", "    tier: 2\n    headers: { a: b }", "r.yaml:14:14",
            "\"headers\" is not known");
        row("missing id", "id: route\nversion", "version", "r.yaml:1:1", "\"id\" is missing");
        row("bad type", "    tier: 2", "    tier: two", "r.yaml:13:11", "whole number");
        row("quoted number", "    tier: 2", "    tier: \"2\"", "r.yaml:13:11", "whole number");
        row("tier too low", "    tier: 2", "    tier: 1", "r.yaml:13:11", "T1 is below what this action demands");
        row("delete is T3",
            "method: PATCH, path: \"/features/{feature}/route\", body: { human_percent: \"{parameters.percent}\" }",
            "method: DELETE, path: \"/features/{feature}/route\"", "r.yaml:13:11", "hard to bring back");
        row("tier unknown", "    tier: 2", "    tier: 7", "r.yaml:13:11", "tiers are 0 to 4");
        row("dangling template", "{parameters.percent} %", "{parameters.portion} %", "r.yaml:12:12",
            "{parameters.portion} does not exist");
        row("invented template", "path: \"/features/{feature}\"", "path: \"/features/{secret}\"", "r.yaml:15:52",
            "{secret} does not exist");
        row("good day in a path", "path: \"/features/{feature}\"", "path: \"/features/{good.day}\"", "r.yaml:15:52",
            "titles only");
        row("lone brace", "{parameters.percent} %", "{parameters.percent", "r.yaml:12:12", "without its partner");
        row("path escape", "path: \"/features/{feature}\"", "path: \"/features/../admin\"", "r.yaml:15:52",
            "holds no ..");
        row("absolute address", "path: \"/features/{feature}\"", "path: \"http://evil\"", "r.yaml:15:52",
            "begins with /");
        row("no gate", "    gate: {", "    #gate: {", "r.yaml:11:5", "needs a gate");
        row("no precondition", "    precondition: {", "    #precondition: {", "r.yaml:11:5", "needs a precondition");
        row("no undo", "    undo: {", "    #undo: {", "r.yaml:11:5", "needs an undo");
        row("containment without undo", "    undo: {", "    no_undo: it cannot\n    #undo: {", "r.yaml:11:5",
            "containment must be undoable");
        row("shell", "action: { kind: http", "action: { kind: shell", "r.yaml:16:21", "kind http only");
        row("method", "method: GET", "method: POST", "r.yaml:15:41", "its method is GET");
        row("unknown dimension", "attribute: handled_by", "attribute: mood", "r.yaml:17:41", "no dimension “mood”");
        row("share above one", "share: 0.60", "share: 60", "r.yaml:17:75", "at most 1");
        row("duration", "window: 20s", "window: 20", "r.yaml:17:89", "not a duration");
        row("fraction in a body", "human_percent: 0 }", "human_percent: 0.5 }", "r.yaml:18:98", "must be whole");
        row("class", "class: contain", "class: fix", "r.yaml:5:8", "no class of runbook “fix”");
        row("restore must be T3", "class: contain", "class: restore_known_good", "r.yaml:5:8", "is T3 at least");
        row("notice must be T4", "class: contain", "class: notify", "r.yaml:13:11", "reaches people");
        row("undo when in doubt", "escalation:", "on_cannot_tell: undo_and_escalate\nescalation:", "r.yaml:19:17",
            "always hold_and_escalate");
        row("no escalation", "escalation: { after: 5m, to: ai-director }", "", "r.yaml:1:1",
            "\"escalation\" is missing");
        row("duplicate key", "owner: support", "owner: support\nowner: nobody", "r.yaml:5:1", "stands here twice");
        row("two steps, one id", "escalation:",
            "  - id: route\n    title: again\n    tier: 0\n    touches: { feature: x }\n    action: { kind: http, "
            "target: flags, method: GET, path: /x }\nescalation:",
            "r.yaml:19:9", "two steps “route”");
        row("parameter type", "type: integer,", "type: number,", "r.yaml:8:12", "string or integer");
        row("no margin", "escalation:", "verify_recovery: { signals: [a], windows: 3 }\nescalation:", "r.yaml:19:18",
            "\"equivalence_margin\" is missing");
    }
    void refusals()
    {
        QFETCH(QByteArray, from);
        QFETCH(QByteArray, to);
        QFETCH(QString, place);
        QFETCH(QString, says);
        QVERIFY(parseRunbook(kContain, u"r.yaml"_s));
        QByteArray text = kContain;
        const auto at = text.indexOf(from);
        QVERIFY2(at >= 0, "the test itself is wrong: nothing to replace");
        text.replace(at, from.size(), to);
        const auto r = parseRunbook(text, u"r.yaml"_s);
        QVERIFY2(!r, "accepted");
        QVERIFY2(r.error().what.contains(says), qPrintable(r.error().what));
        QVERIFY2(r.error().what.startsWith(place + u':'), qPrintable(r.error().what));
    }

    void rubbishIsRefusedNotSurvivedByLuck()
    {
        for (const QByteArray text : {"", "[]", "a", "id: [", "\xff\xfe", "steps: 3",
                 "id: {}\nsteps: [1, {}]\nparameters: []\nlimits: 3\nescalation: no"}) {
            const auto r = parseRunbook(text, u"r.yaml"_s);
            QVERIFY(!r);
            QVERIFY(!r.error().what.isEmpty());
        }
        // Cut anywhere, it is refused or it reads; it never reads as something else than a runbook.
        for (qsizetype n = 0; n < kContain.size(); n += 7) {
            const auto r = parseRunbook(kContain.left(n), u"r.yaml"_s);
            QVERIFY(!r || r->steps.size() == 1);
        }
    }
};
QTEST_GUILESS_MAIN(RunbookFileTest)
#include "tst_runbook_file.moc"
