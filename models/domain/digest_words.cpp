// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/domain/proposal.h"

namespace wf {

namespace {
// One word a byte, in alphabetical order. Chosen to be short, known to anyone who works in English, and never one letter
// apart from another, so that six of them survive a bad line at night.
constexpr const char16_t* kWords[] = {
    u"acid", u"acorn", u"album", u"alley", u"amber", u"anchor", u"angle", u"apple",
    u"apron", u"arch", u"arrow", u"atlas", u"attic", u"autumn", u"badge", u"baker",
    u"bamboo", u"banjo", u"barrel", u"basket", u"beacon", u"beard", u"bell", u"bench",
    u"berry", u"bicycle", u"biscuit", u"bishop", u"blanket", u"blossom", u"bottle", u"bridge",
    u"bronze", u"broom", u"bucket", u"buffalo", u"bundle", u"butter", u"button", u"cabin",
    u"cactus", u"camel", u"candle", u"canvas", u"carbon", u"carpet", u"castle", u"cedar",
    u"cello", u"chalk", u"cherry", u"chess", u"chimney", u"circus", u"cliff", u"clock",
    u"cloud", u"clover", u"cobra", u"coffee", u"comet", u"copper", u"coral", u"cotton",
    u"cradle", u"crane", u"crayon", u"cricket", u"crown", u"crystal", u"curtain", u"daisy",
    u"dancer", u"dentist", u"desert", u"diamond", u"dinner", u"doctor", u"dolphin", u"dragon",
    u"drum", u"eagle", u"earth", u"echo", u"elbow", u"elephant", u"engine", u"envoy",
    u"fabric", u"falcon", u"farmer", u"feather", u"fender", u"fiddle", u"flame", u"flute",
    u"forest", u"fossil", u"fox", u"frost", u"gallop", u"garden", u"garlic", u"ghost",
    u"giant", u"ginger", u"giraffe", u"glacier", u"glove", u"goblet", u"gospel", u"granite",
    u"grape", u"gravel", u"guitar", u"hammer", u"harbour", u"hazel", u"helmet", u"hermit",
    u"honey", u"horizon", u"hotel", u"hunter", u"iceberg", u"igloo", u"indigo", u"insect",
    u"iron", u"island", u"ivory", u"jacket", u"jaguar", u"jasmine", u"jelly", u"jigsaw",
    u"jungle", u"kettle", u"kidney", u"kingdom", u"kitten", u"koala", u"ladder", u"lagoon",
    u"lantern", u"lemon", u"leopard", u"library", u"lily", u"lion", u"lizard", u"lobster",
    u"magnet", u"mango", u"maple", u"marble", u"meadow", u"medal", u"mercury", u"mirror",
    u"monkey", u"mosaic", u"motor", u"mountain", u"muffin", u"museum", u"mustard", u"napkin",
    u"nectar", u"needle", u"nickel", u"noodle", u"nutmeg", u"oasis", u"ocean", u"octopus",
    u"olive", u"onion", u"orbit", u"orchid", u"otter", u"oxygen", u"palace", u"panda",
    u"paper", u"parrot", u"pastry", u"peacock", u"pebble", u"pelican", u"pencil", u"pepper",
    u"piano", u"pigeon", u"pillow", u"pirate", u"planet", u"plaza", u"poem", u"pony",
    u"potato", u"pottery", u"prairie", u"prince", u"pumpkin", u"pyramid", u"quartz", u"queen",
    u"rabbit", u"radio", u"raven", u"ribbon", u"river", u"rocket", u"rooster", u"rubber",
    u"saddle", u"sailor", u"salmon", u"satin", u"scissors", u"shadow", u"shepherd", u"silver",
    u"sketch", u"spider", u"sponge", u"stadium", u"statue", u"sugar", u"summit", u"sunset",
    u"teapot", u"temple", u"thunder", u"tiger", u"tomato", u"tractor", u"trophy", u"trumpet",
    u"tulip", u"tunnel", u"turtle", u"umbrella", u"vacuum", u"vampire", u"velvet", u"village",
    u"violin", u"volcano", u"voyage", u"waffle", u"walnut", u"walrus", u"yoghurt", u"zebra",
};
static_assert(std::size(kWords) == 256);
constexpr qsizetype kSpoken = 6;
} // namespace

QStringList digestWords(const QString& hexDigest)
{
    const QByteArray bytes = QByteArray::fromHex(hexDigest.toLatin1());
    QStringList words;
    if (bytes.size() < kSpoken) return words;
    for (qsizetype i = 0; i < kSpoken; ++i) words += QString::fromUtf16(kWords[uchar(bytes[i])]);
    return words;
}

} // namespace wf
