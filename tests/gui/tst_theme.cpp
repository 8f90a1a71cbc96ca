// SPDX-License-Identifier: GPL-3.0-or-later
// Themes: every colour is there, every text is readable, icons are recoloured, missing fonts are said and not crashed
// on.
#include "ui/common/widgets.h"
#include <QDirIterator>
#include <QFontDatabase>
#include <QTest>

using namespace wf;
using namespace Qt::StringLiterals;

class ThemeTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void contrastHolds_data()
    {
        QTest::addColumn<QString>("name");
        for (const char* name : {"dark", "light", "wall"})
            QTest::newRow(name) << QString::fromLatin1(name);
    }

    void contrastHolds()
    {
        QFETCH(QString, name);
        Theme& theme = Theme::instance();
        QString error;
        QVERIFY2(theme.load(name, &error), qPrintable(error));
        QStringList weak;
        for (const auto& [text, ground] : Theme::textPairs()) {
            const double ratio = Theme::contrast(theme.color(text), theme.color(ground));
            if (ratio < 4.5)
                weak << u"%1 on %2: %3"_s.arg(Theme::roleName(text), Theme::roleName(ground)).arg(ratio, 0, 'f', 2);
        }
        QVERIFY2(weak.isEmpty(), qPrintable(weak.join(u"; "_s)));
        QVERIFY(!theme.styleSheet().contains(u'@')); // a token nobody replaced would silently drop its rule
        QVERIFY(theme.styleSheet().contains(theme.color(Role::AccentText).name()));
    }

    void knownContrast()
    {
        QCOMPARE(Theme::contrast(Qt::white, Qt::black), 21.0);
        QVERIFY(std::abs(Theme::contrast(QColor(0x77, 0x77, 0x77), Qt::white) - 4.48) < 0.01); // WCAG's own example
    }

    void unknownThemeIsRefusedAndKept()
    {
        QVERIFY(Theme::instance().load(u"dark"_s));
        const QColor before = Theme::instance().color(Role::Surface);
        QString error;
        QVERIFY(!Theme::instance().load(u"nowhere"_s, &error));
        QVERIFY(error.contains(u"nowhere"_s));
        QCOMPARE(Theme::instance().color(Role::Surface), before);
        QCOMPARE(Theme::instance().name(), u"dark"_s);
    }

    void iconsTakeTheColourOfTheirRole()
    {
        QVERIFY(Theme::instance().load(u"dark"_s));
        QDirIterator files(u":/icons"_s);
        int count = 0;
        while (files.hasNext()) {
            files.next();
            const QImage image
                = Theme::instance().icon(files.fileInfo().completeBaseName(), Role::Warn).pixmap(32, 32).toImage();
            bool painted = false;
            for (int y = 0; y < image.height() && !painted; ++y)
                for (int x = 0; x < image.width() && !painted; ++x)
                    painted = image.pixelColor(x, y) == ink(Role::Warn);
            QVERIFY2(painted, qPrintable(files.fileName()));
            ++count;
        }
        QVERIFY(count > 20);
    }

    void missingFontsAreSaid()
    {
        const QString sentence = Theme::instance().missingFonts();
        const QStringList families = QFontDatabase::families();
        const bool both = families.contains("Inter"_L1) && families.contains("JetBrains Mono"_L1);
        QCOMPARE(sentence.isEmpty(), both);
        QVERIFY(!Theme::instance().text().family().isEmpty() || families.isEmpty());
    }

    void spansWrapElideAndKeepChipsWhole()
    {
        const Spans spans{strong(u"Step 1 of 3 executed: "_s),
            muted(u"pin prompt v41, receipt 7f3a91c2, a long line of detail"_s), evidenceChip(31)};
        const SpanLayout wide = layoutSpans(spans, 4000);
        QCOMPARE(wide.lines, 1);
        const SpanLayout narrow = layoutSpans(spans, 160);
        QVERIFY(narrow.lines > 2);
        for (const SpanRun& run : narrow.runs)
            QVERIFY2(run.rect.width() <= 170, qPrintable(run.text));
        const SpanLayout cut = layoutSpans(spans, 160, 2);
        QCOMPARE(cut.lines, 2);
        QVERIFY(cut.elided);
        QVERIFY(cut.runs.back().text.endsWith(u'…'));
        QVERIFY(cut.runs.back().rect.right() <= 161);
        const QPointF chip = wide.runs.back().rect.center();
        QCOMPARE(wide.evidenceAt(spans, chip), 31);
        QCOMPARE(wide.evidenceAt(spans, QPointF(2, 2)), 0);
        QCOMPARE(plainText({plain(u"rests on"_s), evidenceChip(7)}), u"rests on E7"_s);
    }

    void evidenceOpensByMouseAndByKey()
    {
        SpanLabel label;
        label.setSpans({plain(u"v42 passes 71.4 %"_s), evidenceChip(22), evidenceChip(23)});
        label.resize(400, 40);
        label.show();
        QList<int> opened;
        connect(&label, &SpanLabel::evidenceClicked, this, [&opened](int number) { opened << number; });
        QTest::mouseClick(&label, Qt::LeftButton, {}, label.evidenceRect(22).center());
        QTest::keyClick(&label, Qt::Key_Right);
        QTest::keyClick(&label, Qt::Key_Return);
        QCOMPARE(opened, (QList<int>{22, 23}));
        QCOMPARE(label.accessibleName(), u"v42 passes 71.4 % E22 E23"_s);
    }
};

QTEST_MAIN(ThemeTest)
#include "tst_theme.moc"
