// SPDX-License-Identifier: GPL-3.0-or-later
// The citation checker: what passes, what is struck out and why, and that no changed digit ever passes.
#include "models/domain/canonical_json.h"
#include "models/domain/claim_text.h"
#include "models/domain/comparison.h"
#include "models/domain/evidence.h"
#include <QJsonArray>
#include <QtTest>
#include <random>

using namespace wf;
using namespace Qt::StringLiterals;

namespace {
const Nanos kStart = *parseIso(u"2026-11-22T02:57:40Z"_s);

Evidence sealed(int number, const QString& kind, const QString& title, const QJsonObject& result, Nanos from = kStart,
    Nanos to = kStart)
{
    Evidence e{number, kind, title, {}, result, from, to, to, {}};
    e.seal();
    return e;
}

Evidence comparison(int number = 22, bool sameMinutes = true, qint64 good = 2246, qint64 n = 3146)
{
    const Comparison c{u"grounded_account_number"_s, u"prompt"_s, true, sameMinutes,
        {u"v42"_s, n, double(good), double(good)}, {u"v41"_s, 237, 227, 227}};
    return sealed(number, u"comparison"_s, u"grounded_account_number by prompt in the same minutes"_s, c.toJson(),
        kStart, kStart + 10 * kMinute);
}

std::vector<Evidence> library()
{
    return {comparison(),
        sealed(5, u"change"_s, u"Retrieval index rebuilt 2026-11-22"_s,
            {{u"layer"_s, u"retrieval"_s}, {u"from"_s, u"kb-11-21"_s}, {u"to"_s, u"kb-11-22"_s},
                {u"summary"_s, u"nightly job, 2.1 M documents"_s}, {u"time"_s, jsonInt(kStart)}}),
        sealed(7, u"sources"_s, u"Latency and errors"_s,
            {{u"latency_ms"_s, 3000400}, {u"n"_s, 3700}, {u"errors"_s, 4}, {u"model"_s, u"gpt-5.1-2026-09-30"_s}})};
}

Citation quote(int evidence, const QString& words)
{
    return {evidence, words, std::nullopt};
}

Citation figure(int evidence, const QString& formula, std::vector<QString> paths, const QString& text)
{
    const auto n = readNumber(text).value_or(NumberText{});
    return {evidence, {}, FigureCitation{formula, std::move(paths), n.value, n.halfUnit, n.unit, text}};
}

Claim claim(const QString& text, std::vector<Citation> citations)
{
    Claim c;
    c.id = ClaimId{u"c1"_s};
    c.author = u"agent:offline"_s;
    c.kind = u"comparison"_s;
    c.text = text;
    c.citations = std::move(citations);
    return c;
}

Claim wellMade()
{
    return claim(
        u"v42 answers pass 71.4 % of 3 146 checks since 02:57; the 237 still on v41 pass 95.8 %, a difference of −24.4 points (kb-11-22, gpt-5.1-2026-09-30)."_s,
        {quote(22, u"v42"_s), quote(22, u"v41"_s), figure(22, u"ratio"_s, {u"/with/good"_s, u"/with/n"_s}, u"71.4 %"_s),
            figure(22, u"count"_s, {u"/with/n"_s}, u"3 146"_s), figure(22, u"count"_s, {u"/without/n"_s}, u"237"_s),
            figure(22, u"ratio"_s, {u"/without/good"_s, u"/without/n"_s}, u"95.8 %"_s),
            figure(22, u"difference"_s, {u"/with/good"_s, u"/with/n"_s, u"/without/good"_s, u"/without/n"_s},
                u"−24.4 points"_s),
            {5, {}, FigureCitation{u"time"_s, {u"/time"_s}, 0, 0, {}, u"02:57"_s}}, quote(5, u"kb-11-22"_s),
            quote(7, u"gpt-5.1-2026-09-30"_s)});
}

QStringList factTexts(const QString& sentence)
{
    QStringList out;
    for (const Fact& f : factsIn(sentence))
        out << f.text;
    return out;
}
} // namespace

class Claims : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void factsAreFound_data()
    {
        QTest::addColumn<QString>("sentence");
        QTest::addColumn<QStringList>("facts");
        QTest::newRow("percent") << u"It is 71.4 % now"_s << QStringList{u"71.4 %"_s};
        QTest::newRow("percent, tight") << u"71.4%."_s << QStringList{u"71.4 %"_s};
        QTest::newRow("percent, narrow blank") << u"71.4\u202F% and"_s << QStringList{u"71.4 %"_s};
        QTest::newRow("percent in words") << u"71 percent"_s << QStringList{u"71 %"_s};
        QTest::newRow("grouped") << u"of 3 146 checks"_s << QStringList{u"3146"_s};
        QTest::newRow("grouped, comma and no-break blank")
            << u"3,146 and 12\u00A0418"_s << QStringList{u"3146"_s, u"12418"_s};
        QTest::newRow("not grouped") << u"3 of 20, then 5 20"_s << QStringList{u"3"_s, u"20"_s, u"5"_s, u"20"_s};
        QTest::newRow("version") << u"v42 is not v4.2.1"_s << QStringList{u"v42"_s, u"v4.2.1"_s};
        QTest::newRow("times") << u"at 02:57, 03:43:12 (02:56–03:00)"_s
                               << QStringList{u"02:57"_s, u"03:43:12"_s, u"02:56"_s, u"03:00"_s};
        QTest::newRow("instant") << u"2026-11-21T03:43:12.123Z"_s << QStringList{u"2026-11-21T03:43:12.123Z"_s};
        QTest::newRow("day") << u"of 21 Nov"_s << QStringList{u"21 Nov"_s};
        QTest::newRow("identifiers") << u"INC-0042, kb-11-22, gpt-5.1-2026-09-30."_s
                                     << QStringList{u"INC-0042"_s, u"kb-11-22"_s, u"gpt-5.1-2026-09-30"_s};
        QTest::newRow("underscore") << u"the signal grounded_account_number fell"_s
                                    << QStringList{u"grounded_account_number"_s};
        QTest::newRow("backticks") << u"prompt `alpha beta` here"_s << QStringList{u"alpha beta"_s};
        QTest::newRow("signed") << u"effect −22.6 points (-24.6 … +137)"_s
                                << QStringList{u"-22.6 points"_s, u"-24.6"_s, u"137"_s};
        QTest::newRow("units") << u"812 ms, 38 s, 44 min, 2.1 M documents"_s
                               << QStringList{u"812 ms"_s, u"38 s"_s, u"44 min"_s, u"2.1 M"_s};
        QTest::newRow("words") << u"three of one dozen, ninety-five"_s
                               << QStringList{u"three"_s, u"dozen"_s, u"ninety-five"_s};
        QTest::newRow("superscript and other digits") << u"x² and ½ and ٣"_s << QStringList{u"x²"_s, u"½"_s, u"٣"_s};
        QTest::newRow("none") << u"The half-hearted one: retrieval, prompt."_s << QStringList{u"half-hearted"_s};
        QTest::newRow("plain") << u"Nothing changed across it."_s << QStringList{};
    }

    void factsAreFound()
    {
        QFETCH(QString, sentence);
        QFETCH(QStringList, facts);
        QCOMPARE(factTexts(sentence), facts);
    }

    void factsKnowWhereTheyStand()
    {
        const QString s = u"The 3 146 checks since 02:57: −22.6 points on v42."_s;
        QStringList cut;
        for (const Fact& f : factsIn(s))
            cut << s.mid(f.at, f.size);
        QCOMPARE(cut, (QStringList{u"3 146"_s, u"02:57"_s, u"−22.6 points"_s, u"v42"_s}));
    }

    void quotesAreNotCutFromTheMiddle()
    {
        QVERIFY(standsIn(u"v42"_s, u"Prompt v41 →  v42"_s));
        QVERIFY(standsIn(u"v41 → v42"_s, u"Prompt v41\n→  v42, done"_s));
        QVERIFY(!standsIn(u"v4"_s, u"Prompt v42"_s));
        QVERIFY(!standsIn(u"4 %"_s, u"it is 71.4 %"_s));
        QVERIFY(!standsIn(u"prompt"_s, u"prompts differ"_s));
        QVERIFY(!standsIn(u"kb-11"_s, u"kb-11-22"_s));
        QVERIFY(!standsIn(u"146"_s, u"3 146 checks"_s));
        QVERIFY(!standsIn(u" \n "_s, u"anything"_s));
    }

    void aWellMadeClaimIsChecked()
    {
        const Claim c = checkClaim(wellMade(), library());
        QCOMPARE(c.reason, u"6 figures recomputed, 4 quotes found in E5, E7, E22"_s);
        QCOMPARE(c.verdict, Verdict::Checked);
        QVERIFY(!c.coincidence);
    }

    /// The property that matters: change any digit of the sentence to any other, and the claim fails.
    void everyChangedDigitFails()
    {
        const Claim good = wellMade();
        const auto evidence = library();
        int tried = 0;
        for (qsizetype i = 0; i < good.text.size(); ++i) {
            if (!good.text[i].isDigit()) continue;
            for (char16_t d = u'0'; d <= u'9'; ++d) {
                if (good.text[i] == QChar(d)) continue;
                Claim bad = good;
                bad.text[i] = QChar(d);
                ++tried;
                const Claim checked = checkClaim(bad, evidence);
                QVERIFY2(checked.verdict == Verdict::Failed, qPrintable(bad.text));
                QVERIFY(!checked.reason.isEmpty());
            }
        }
        QVERIFY(tried > 300);
    }

    /// The same when the author changes the citation along with the sentence: then the record disagrees.
    void everyChangedFigureFails()
    {
        const Claim good = wellMade();
        const auto evidence = library();
        for (size_t k = 0; k < good.citations.size(); ++k) {
            const bool isFigure = good.citations[k].figure.has_value();
            const QString text = isFigure ? good.citations[k].figure->text : good.citations[k].quote;
            for (qsizetype i = 0; i < text.size(); ++i) {
                if (!text[i].isDigit()) continue;
                for (char16_t d = u'0'; d <= u'9'; ++d) {
                    if (text[i] == QChar(d)) continue;
                    QString forged = text;
                    forged[i] = QChar(d);
                    Claim bad = good;
                    bad.text.replace(bad.text.indexOf(text), text.size(), forged);
                    if (isFigure) {
                        auto& f = *bad.citations[k].figure;
                        f.text = forged;
                        if (f.formula != u"time") f.value = readNumber(forged)->value;
                    } else {
                        bad.citations[k].quote = forged;
                    }
                    // v42 <-> v41 and kb-11-22 <-> kb-11-21 are both on record; such a swap is caught by the other
                    // mention.
                    const Claim checked = checkClaim(bad, evidence);
                    const bool alsoOnRecord
                        = !isFigure && (forged == u"v41" || forged == u"v42" || forged == u"kb-11-21");
                    QVERIFY2(checked.verdict == Verdict::Failed || alsoOnRecord,
                        qPrintable(bad.text + u'\n' + checked.reason));
                }
            }
        }
    }

    /// Random damage to sentence and citations: never a crash, and never "checked" with an uncovered number.
    void randomDamageNeverPasses()
    {
        std::mt19937 random(7);
        const Claim good = wellMade();
        const auto evidence = library();
        const auto factsOfGood = factTexts(good.text);
        const QString alphabet = u"0123456789 .,:-−%vVEk\u202F`_⅓"_s;
        for (int round = 0; round < 4000; ++round) {
            Claim bad = good;
            const int edits = 1 + int(random() % 4);
            for (int e = 0; e < edits; ++e) {
                const qsizetype at = qsizetype(random() % size_t(bad.text.size()));
                const QChar c = alphabet[qsizetype(random() % size_t(alphabet.size()))];
                if (random() % 3 == 0)
                    bad.text.insert(at, c);
                else if (random() % 2 == 0)
                    bad.text.remove(at, 1);
                else
                    bad.text[at] = c;
            }
            if (checkClaim(bad, evidence).verdict == Verdict::Checked)
                QVERIFY2(factTexts(bad.text) == factsOfGood, qPrintable(bad.text));
        }
    }

    void refusals_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<int>("evidence");
        QTest::addColumn<QString>("quote");
        QTest::addColumn<QString>("reason");
        QTest::newRow("quote not found")
            << u"The retrieval index lost 4 % of its documents."_s << 5
            << u"The retrieval index lost 4 % of its documents"_s
            << u"E5 does not say this: “The retrieval index lost 4 % of its documents” stands nowhere in it."_s;
        QTest::newRow("unknown evidence")
            << u"kb-11-22 arrived."_s << 99 << u"kb-11-22"_s << u"This incident has no evidence E99."_s;
        QTest::newRow("uncovered number")
            << u"kb-11-22 lost 4 % of its documents."_s << 5 << u"kb-11-22"_s << u"No citation covers “4 %”."_s;
        QTest::newRow("uncovered word number")
            << u"kb-11-22 lost half of its documents."_s << 5 << u"kb-11-22"_s << u"No citation covers “half”."_s;
        QTest::newRow("quote cut in two")
            << u"kb-11 arrived."_s << 5 << u"kb-11"_s << u"E5 does not say this: “kb-11” stands nowhere in it."_s;
        QTest::newRow("unused quote") << u"The provider quietly changed something on its side."_s << 5 << u"kb-11-22"_s
                                      << u"The sentence makes no use of the quote “kb-11-22”."_s;
        QTest::newRow("nothing to check")
            << u"Somebody quietly changed retrieval on the provider side without telling."_s << 5 << u"retrieval"_s
            << u"Nothing in this sentence can be checked."_s;
        QTest::newRow("empty quote") << u"kb-11-22 arrived."_s << 5 << QString()
                                     << u"A citation of E5 is neither a quote nor a figure."_s;
        QTest::newRow("a deed without a receipt")
            << u"I have purged kb-11-22."_s << 5 << u"kb-11-22"_s
            << u"An action counts only with the receipt of its execution, and none is cited."_s;
    }

    void refusals()
    {
        QFETCH(QString, text);
        QFETCH(int, evidence);
        QFETCH(QString, quote);
        const Claim c = checkClaim(claim(text, {{evidence, quote, std::nullopt}}), library());
        QCOMPARE(c.verdict, Verdict::Failed);
        QTEST(c.reason, "reason");
    }

    void nothingCited()
    {
        QCOMPARE(checkClaim(claim(u"It is v42."_s, {}), library()).reason, u"It cites nothing."_s);
        QCOMPARE(checkClaim(claim(u" "_s, {quote(5, u"kb-11-22"_s)}), library()).reason, u"It says nothing."_s);
    }

    void figuresAreRecomputed()
    {
        const auto check
            = [](const Citation& c, const QString& text) { return checkClaim(claim(text, {c}), library()).reason; };
        QCOMPARE(check(figure(22, u"ratio"_s, {u"/with/good"_s, u"/with/n"_s}, u"72.4 %"_s), u"72.4 % pass."_s),
            u"E22 gives 71.3922, not 72.4 %."_s);
        QCOMPARE(check(figure(22, u"ratio"_s, {u"/with/good"_s, u"/with/m"_s}, u"71.4 %"_s), u"71.4 % pass."_s),
            u"E22: “71.4 %” cannot be recomputed, nothing stands at /with/m."_s);
        QCOMPARE(check(figure(22, u"magic"_s, {u"/with/good"_s}, u"71.4 %"_s), u"71.4 % pass."_s),
            u"E22: “71.4 %” cannot be recomputed, “magic” is not a formula."_s);
        Citation loose = figure(22, u"ratio"_s, {u"/with/good"_s, u"/with/n"_s}, u"75.0 %"_s);
        loose.figure->tolerance = 5;
        QCOMPARE(check(loose, u"75.0 % pass."_s), u"The tolerance of “75.0 %” is wider than half of its last digit."_s);
        Citation twoFaced = figure(22, u"ratio"_s, {u"/with/good"_s, u"/with/n"_s}, u"75.0 %"_s);
        twoFaced.figure->value = 71.4;
        QCOMPARE(check(twoFaced, u"75.0 % pass."_s), u"“75.0 %” is written, but 71.4 is claimed."_s);
        // A percentage passed off as points of a difference, or as bare counts.
        QCOMPARE(check(figure(22, u"ratio"_s, {u"/with/good"_s, u"/with/n"_s}, u"71.4 %"_s), u"It is 71.4 points."_s),
            u"No citation covers “71.4 points”."_s);
        const auto evidence = library();
        const auto zero = recompute({u"ratio"_s, {u"/a"_s, u"/b"_s}, 0, 0, {}, {}}, {{u"a"_s, 1}, {u"b"_s, 0}});
        QVERIFY(!zero);
        QVERIFY(!recompute({u"ratio"_s, {u"/a"_s}, 0, 0, {}, {}}, {{u"a"_s, 1}}));
        QVERIFY(!recompute({u"count"_s, {u"/a"_s}, 0, 0, {}, {}}, {{u"a"_s, u"1.5"_s}}));
        QVERIFY(!recompute({u"value"_s, {u"/a"_s}, 0, 0, {}, {}}, {{u"a"_s, u"v42"_s}}));
    }

    void mixIsReweighted()
    {
        const QJsonObject result{{u"rows"_s,
            QJsonArray{QJsonObject{{u"value"_s, u"account"_s}, {u"sum"_s, 60}, {u"n"_s, 100}, {u"baseline_n"_s, 300}},
                QJsonObject{{u"value"_s, u"other"_s}, {u"sum"_s, 45}, {u"n"_s, 50}, {u"baseline_n"_s, 100}}}}};
        const auto r = recompute({u"reweighted"_s, {u"/rows"_s}, 0, 0, {}, {}}, result);
        QVERIFY(r);
        QCOMPARE(*r, (300 * 0.6 + 100 * 0.9) / 400);
        QVERIFY(!recompute({u"reweighted"_s, {u"/none"_s}, 0, 0, {}, {}}, result));
    }

    void intervalsAreRecomputed()
    {
        const auto evidence = library();
        const std::vector<QString> paths{u"/with/good"_s, u"/with/n"_s, u"/without/good"_s, u"/without/n"_s};
        const auto low = recompute({u"interval_low"_s, paths, 0, 0, {}, {}}, evidence[0].result);
        const auto high = recompute({u"interval_high"_s, paths, 0, 0, {}, {}}, evidence[0].result);
        QVERIFY(low && high);
        QVERIFY(*low < -0.244 && -0.244 < *high && *high < 0);
    }

    void timesAreComparedAsText()
    {
        const auto at = [](const QString& text) {
            return checkClaim(claim(u"It changed at "_s + text + u'.',
                                  {{5, {}, FigureCitation{u"time"_s, {u"/time"_s}, 0, 0, {}, text}}}),
                library())
                .verdict;
        };
        QCOMPARE(at(u"02:57"_s), Verdict::Checked);
        QCOMPARE(at(u"02:57:40"_s), Verdict::Checked);
        QCOMPARE(at(u"22 Nov 02:57"_s), Verdict::Checked);
        QCOMPARE(at(u"02:57 UTC"_s), Verdict::Checked);
        QCOMPARE(at(u"02:58"_s), Verdict::Failed);
        QCOMPARE(at(u"22 Dec 02:57"_s), Verdict::Failed);
    }

    void aTimeOutsideTheEvidenceFails()
    {
        Claim c = claim(u"v42 answers."_s, {quote(22, u"v42"_s)});
        c.about = kStart + 5 * kMinute;
        QCOMPARE(checkClaim(c, library()).verdict, Verdict::Checked);
        c.about = kStart + kHour;
        const Claim late = checkClaim(c, library());
        QCOMPARE(late.verdict, Verdict::Failed);
        QCOMPARE(late.reason, u"The claim is about 22 Nov 03:57:40; E22 speaks about 02:57:40 to 03:07:40."_s);
    }

    void causalWordsNeedAComparisonThatSeparates()
    {
        const auto causal = [](const Evidence& e) {
            return checkClaim(claim(u"The fall was caused by v42."_s, {quote(e.number, u"v42"_s)}), {e});
        };
        const Claim cause = causal(comparison());
        QCOMPARE(cause.verdict, Verdict::Checked);
        QVERIFY(!cause.coincidence);
        // Before and after: everything else changed its time too.
        QVERIFY(causal(comparison(22, false)).coincidence);
        // No difference.
        QVERIFY(causal(comparison(22, true, 3010)).coincidence);
        // A few answers only.
        QVERIFY(causal(comparison(22, true, 7, 8)).coincidence);
        // Not a comparison at all, though it says it separates.
        QVERIFY(causal(sealed(3, u"change"_s, u"Prompt v41 → v42"_s, {{u"separates"_s, u"yes"_s}})).coincidence);
        for (const QString& words : {u"because of"_s, u"due to"_s, u"as a result of"_s, u"thanks to"_s})
            QVERIFY2(checkClaim(
                         claim(u"Answers fell "_s + words + u" v42."_s, {quote(22, u"v42"_s)}), {comparison(22, false)})
                         .coincidence,
                qPrintable(words));
        QVERIFY(!checkClaim(claim(u"Answers fell after v42."_s, {quote(22, u"v42"_s)}), {comparison(22, false)})
                     .coincidence);
    }

    void changedEvidenceMakesAClaimStale()
    {
        auto evidence = library();
        evidence[0].result[u"n"_s] = 1;
        const Claim c = checkClaim(wellMade(), evidence);
        QCOMPARE(c.verdict, Verdict::Stale);
        QVERIFY(c.reason.startsWith(u"E22 is no longer what was sealed"_s));
        evidence[0].seal();
        evidence[0].sha256.clear();
        QCOMPARE(checkClaim(wellMade(), evidence).verdict, Verdict::Stale);
    }

    void lateDataMakesAClaimStaleOnlyWhenItFlips()
    {
        const Claim c = checkClaim(wellMade(), library());
        QCOMPARE(recheckClaim(c, library(), comparison()).verdict, Verdict::Checked);
        QCOMPARE(recheckClaim(c, library(), comparison(22, true, 2290, 3200)).verdict, Verdict::Checked); // more of the same
        const Claim stale = recheckClaim(c, library(), comparison(22, true, 2500, 3400));
        QCOMPARE(stale.verdict, Verdict::Stale);
        QVERIFY2(stale.reason.startsWith(u"Late data changed E22: "_s), qPrintable(stale.reason));
        QCOMPARE(recheckClaim(c, library(), comparison(4, true, 1, 2)).verdict, Verdict::Checked);
    }

    void ownLabelsNeedNoCitation()
    {
        QCOMPARE(
            checkClaim(claim(u"E5 names kb-11-22."_s, {quote(5, u"kb-11-22"_s)}), library()).verdict, Verdict::Checked);
        QCOMPARE(
            checkClaim(claim(u"E6 names kb-11-22."_s, {quote(5, u"kb-11-22"_s)}), library()).verdict, Verdict::Failed);
    }

    void jsonComesBackEqual()
    {
        const Claim c = checkClaim(wellMade(), library());
        QCOMPARE(Claim::fromJson(c.toJson()).toJson(), c.toJson());
        QVERIFY(canonicalJson(c.toJson()));
        QCOMPARE(checkClaim(Claim::fromJson(c.toJson()), library()).verdict, Verdict::Checked);
        const Evidence e = library()[0];
        QCOMPARE(Evidence::fromJson(e.toJson()).computeDigest(), e.sha256);
        const Hypothesis h{u"prompt"_s, HypothesisState::NotChecked, u"why"_s, {1, 2}};
        QCOMPARE(Hypothesis::fromJson(h.toJson()).toJson(), h.toJson());
        QCOMPARE(Hypothesis::fromJson(h.toJson()).state, HypothesisState::NotChecked);
        for (const auto* key : kHypotheses)
            QVERIFY(hypothesisTitle(QString::fromLatin1(key)) != QLatin1StringView(key));
    }

    void comparisonsRefuseNonsense()
    {
        QVERIFY(!Comparison::fromJson({}));
        QJsonObject broken = comparison().result;
        broken[u"with"_s] = QJsonObject{{u"value"_s, u"v42"_s}, {u"good"_s, 9}, {u"n"_s, 3}};
        QVERIFY(!Comparison::fromJson(broken));
        const Comparison numeric{u"answer_length"_s, u"prompt"_s, false, true, {u"v42"_s, 400, 162000, 67'000'000},
            {u"v41"_s, 100, 26800, 7'500'000}};
        const auto back = Comparison::fromJson(numeric.toJson());
        QVERIFY(back && back->separates());
        QCOMPARE(back->with.mean(), 405.0);
    }
};

QTEST_GUILESS_MAIN(Claims)
#include "tst_claims.moc"
