// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shell/evidence_panel.h"
#include "ui/common/format.h"
#include <QJsonArray>
#include <QJsonObject>
#include <QScrollArea>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace wf {

std::vector<std::pair<QString, QString>> flattened(const QJsonValue& value, const QString& path)
{
    std::vector<std::pair<QString, QString>> rows;
    const auto append
        = [&rows](std::vector<std::pair<QString, QString>> more) { rows.insert(rows.end(), more.begin(), more.end()); };
    if (value.isObject()) {
        const QJsonObject object = value.toObject();
        for (auto it = object.begin(); it != object.end(); ++it)
            append(flattened(it.value(), path + u'/' + it.key()));
    } else if (value.isArray()) {
        const QJsonArray array = value.toArray();
        for (qsizetype i = 0; i < array.size(); ++i)
            append(flattened(array[i], path + u'/' + QString::number(i)));
    } else if (value.isDouble()) {
        rows.emplace_back(path, QString::number(value.toInteger()));
    } else if (value.isBool()) {
        rows.emplace_back(path, value.toBool() ? u"true"_s : u"false"_s);
    } else {
        rows.emplace_back(path, value.isNull() ? u"null"_s : value.toString());
    }
    return rows;
}

EvidencePanel::EvidencePanel(QWidget* window)
    : Overlay(u"evidence"_s, {}, window, 700)
    , m_scroll(new QScrollArea(card()))
{
    m_scroll->setObjectName(u"evidence.scroll"_s);
    m_scroll->setAccessibleName(u"Evidence as it is stored"_s);
    m_scroll->setWidgetResizable(true);
    m_scroll->setFixedHeight(460);
    m_scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_scroll->viewport()->setAutoFillBackground(false);
    card()->body()->addWidget(m_scroll);
}

QWidget* EvidencePanel::firstFocus()
{
    return m_scroll;
}

void EvidencePanel::show(const Case& incident, int number, Zone zone)
{
    m_number = number;
    auto* page = new QWidget;
    page->setObjectName(u"evidence.page"_s);
    auto* column = new QVBoxLayout(page);
    column->setContentsMargins(0, 0, 8, 0);
    column->setSpacing(5);
    const auto say = [&](const Spans& spans) {
        auto* words = new SpanLabel(page);
        words->setSpans(spans);
        column->addWidget(words);
    };
    const auto row
        = [&](const QString& key, const Spans& value) { column->addWidget(new KeyValueRow(key, value, page)); };
    const auto figures = [&](const QString& title, const QJsonObject& object) {
        column->addSpacing(6);
        say({strong(title, Role::Muted)});
        for (const auto& [path, value] : flattened(object))
            row(path, {figure(value)});
    };
    const Evidence* evidence = incident.find(number);
    setHeading(u"E%1"_s.arg(number));
    if (!evidence) {
        say({plain(u"There is no E%1 in %2. The words that cite it stay struck out."_s.arg(number).arg(
                       incident.incident.code()),
            Role::BadText)});
    } else {
        setHeading(u"%1 · %2"_s.arg(evidence->label(), evidence->kind));
        say({strong(evidence->title)});
        if (evidence->to > 0)
            row(u"Speaks about"_s,
                {figure(u"%1 – %2"_s.arg(clockText(evidence->from, zone), clockText(evidence->to, zone))),
                    muted(u"  "_s + zoneText(evidence->to, zone))});
        row(u"Made at"_s, {figure(clockText(evidence->at, zone)), muted(u"  "_s + zoneText(evidence->at, zone))});
        row(u"SHA-256"_s, {figure(evidence->sha256.left(32) + u' ' + evidence->sha256.mid(32), Role::Muted, -1)});
        figures(u"What was found"_s, evidence->result);
        figures(u"What was asked"_s, evidence->query);
        bool titled = false;
        for (const Claim& claim : incident.claims) {
            if (std::none_of(claim.citations.begin(), claim.citations.end(),
                    [number](const Citation& c) { return c.evidence == number; }))
                continue;
            if (!std::exchange(titled, true)) {
                column->addSpacing(6);
                say({strong(u"Cited by"_s, Role::Muted)});
            }
            const bool bad = claim.verdict == Verdict::Failed || claim.verdict == Verdict::Stale;
            Span words = plain(claim.text + u' ', bad ? Role::Muted : Role::Text);
            words.strike = bad;
            say({words,
                plain(u"  "_s + (bad ? u"✕ "_s : u"✓ "_s)
                        + (claim.reason.isEmpty() ? verdictName(claim.verdict) : claim.reason),
                    bad ? Role::BadText : Role::Ok)});
        }
    }
    column->addStretch(1);
    m_scroll->setWidget(page); // takes the page and deletes the one before
    page->setAutoFillBackground(false); // setWidget switches it on
    open();
}

} // namespace wf
