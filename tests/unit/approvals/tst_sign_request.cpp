// SPDX-License-Identifier: GPL-3.0-or-later
#include "book.h"
#include <QJsonDocument>
#include <QtTest>

using namespace wf;
using namespace wf::test;

class SignRequestTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void tellsWhatWouldRun()
    {
        const Book b;
        const QString text = signRequestText(b.plan);
        QVERIFY(text.toUtf8().size() <= kSignRequestBytes);
        for (const QString& part :
            {b.plan.digest(), b.plan.id.value, digestWords(b.plan.digest()).join(u' '), u"pin prompt v41"_s,
                u"PATCH http://127.0.0.1:8910/features/support-copilot/prompt {\"version\":\"v41\"}"_s,
                u"95 % of the feature's answers"_s, u"ai-owner or ai-owner-deputy (T3)"_s,
                u"none: it is its own undo"_s})
            QVERIFY2(text.contains(part), qPrintable(part));
    }

    void neverLongerThanItsLimit()
    {
        Book b;
        Proposal p = b.plan;
        p.title = QString(5000, u'ä');
        for (auto& c : p.title)
            c = QChar(0x20AC); // three bytes each
        for (int i = 0; i < 18; ++i)
            p.steps.push_back(p.steps[0]);
        for (auto& s : p.steps)
            s.title = QString(300, QChar(0x20AC));
        const QString text = signRequestText(p);
        QVERIFY2(text.toUtf8().size() <= kSignRequestBytes, qPrintable(QString::number(text.toUtf8().size())));
        QVERIFY(text.contains(u"read the whole plan in the console"_s));
        QVERIFY(text.contains(p.digest()) && text.contains(digestWords(p.digest()).join(u' ')));
    }

    void aTitleCannotForgeALine()
    {
        Book b;
        Proposal p = b.plan;
        p.steps[0].title = u"harmless\nWords:    zebra zebra zebra zebra zebra zebra"_s;
        int wordLines = 0;
        for (const QString& line : signRequestText(p).split(u'\n'))
            wordLines += line.startsWith(u"Words:");
        QCOMPARE(wordLines, 1);
    }

    void signsWhatWasOnScreen()
    {
        Book b;
        const NewEntry a = b.signature(u"commander-1"_s, u"commander"_s),
                       c = b.signature(u"commander-1"_s, u"commander"_s);
        const auto open = [&](const NewEntry& e) {
            const auto payload = DsseVerifier().open(e.body[u"envelope"_s].toObject(),
                b.keys->publicKey(u"commander-1"_s), QLatin1StringView(kDecisionPayloadType));
            return *Decision::fromJson(QJsonDocument::fromJson(*payload).object());
        };
        QCOMPARE(open(a).proposalDigest, b.plan.digest());
        QCOMPARE(a.body[u"digest_on_screen"_s].toString(), b.plan.digest());
        QVERIFY(open(a).nonce != open(c).nonce && open(a).id != open(c).id);
        QVERIFY(canonicalJson(a.body));
        Decision nobody = open(a);
        nobody.person = u"nobody"_s;
        QVERIFY(!signedDecision(*b.keys, {}, nobody, b.plan.incident));
    }
};
QTEST_GUILESS_MAIN(SignRequestTest)
#include "tst_sign_request.moc"
