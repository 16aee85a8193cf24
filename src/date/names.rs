//! Names of months and what stands for noon, in the languages pages are written in.
//!
//! Names are given as a date uses them (genitive where the language has one), as a heading does, and shortened. A name that
//! means different months in different languages (`listopada`) is read only where the language is known.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Language tag, then January to December; forms of one month are parted by `|`.
#[rustfmt::skip]
const MONTHS: &[(&str, [&str; 12])] = &[
    ("en", ["january|jan", "february|feb", "march|mar", "april|apr", "may", "june|jun", "july|jul", "august|aug", "september|sept|sep", "october|oct", "november|nov", "december|dec"]),
    ("de", ["januar|jänner|jan|jän", "februar|feber|feb", "märz|maerz|mär|mrz", "april|apr", "mai", "juni|jun", "juli|jul", "august|aug", "september|sept|sep", "oktober|okt", "november|nov", "dezember|dez"]),
    ("fr", ["janvier|janv|jan", "février|fevrier|févr|fév|fevr", "mars", "avril|avr", "mai", "juin", "juillet|juil", "août|aout", "septembre|sept", "octobre|oct", "novembre|nov", "décembre|decembre|déc"]),
    ("es", ["enero|ene", "febrero|feb", "marzo|mar", "abril|abr", "mayo|may", "junio|jun", "julio|jul", "agosto|ago", "septiembre|setiembre|sept|sep|set", "octubre|oct", "noviembre|nov", "diciembre|dic"]),
    ("pt", ["janeiro|jan", "fevereiro|fev", "março|marco|mar", "abril|abr", "maio|mai", "junho|jun", "julho|jul", "agosto|ago", "setembro|set", "outubro|out", "novembro|nov", "dezembro|dez"]),
    ("it", ["gennaio|gen", "febbraio|feb", "marzo|mar", "aprile|apr", "maggio|mag", "giugno|giu", "luglio|lug", "agosto|ago", "settembre|set|sett", "ottobre|ott", "novembre|nov", "dicembre|dic"]),
    ("nl", ["januari|jan", "februari|feb", "maart|mrt", "april|apr", "mei", "juni|jun", "juli|jul", "augustus|aug", "september|sep", "oktober|okt", "november|nov", "december|dec"]),
    ("sv", ["januari|jan", "februari|feb", "mars|mar", "april|apr", "maj", "juni|jun", "juli|jul", "augusti|aug", "september|sep", "oktober|okt", "november|nov", "december|dec"]),
    ("da", ["januar|jan", "februar|feb", "marts|mar", "april|apr", "maj", "juni|jun", "juli|jul", "august|aug", "september|sep", "oktober|okt", "november|nov", "december|dec"]),
    ("nb", ["januar|jan", "februar|feb", "mars|mar", "april|apr", "mai", "juni|jun", "juli|jul", "august|aug", "september|sep", "oktober|okt", "november|nov", "desember|des"]),
    ("fi", ["tammikuuta|tammikuu|tammi", "helmikuuta|helmikuu|helmi", "maaliskuuta|maaliskuu|maalis", "huhtikuuta|huhtikuu|huhti", "toukokuuta|toukokuu|touko", "kesäkuuta|kesäkuu|kesä", "heinäkuuta|heinäkuu|heinä", "elokuuta|elokuu|elo", "syyskuuta|syyskuu|syys", "lokakuuta|lokakuu|loka", "marraskuuta|marraskuu|marras", "joulukuuta|joulukuu|joulu"]),
    ("et", ["jaanuar|jaan", "veebruar|veebr", "märts", "aprill|apr", "mai", "juuni", "juuli", "august|aug", "september|sept", "oktoober|okt", "november|nov", "detsember|dets"]),
    ("lv", ["janvāris|janvārī|janvāra|janv", "februāris|februārī|februāra|febr", "marts|martā|marta", "aprīlis|aprīlī|aprīļa|apr", "maijs|maijā|maija", "jūnijs|jūnijā|jūnija|jūn", "jūlijs|jūlijā|jūlija|jūl", "augusts|augustā|augusta|aug", "septembris|septembrī|septembra|sept", "oktobris|oktobrī|oktobra|okt", "novembris|novembrī|novembra|nov", "decembris|decembrī|decembra|dec"]),
    ("lt", ["sausio|sausis|saus", "vasario|vasaris|vas", "kovo|kovas|kov", "balandžio|balandis|bal", "gegužės|gegužė|geg", "birželio|birželis|birž", "liepos|liepa|liep", "rugpjūčio|rugpjūtis|rugp", "rugsėjo|rugsėjis|rugs", "spalio|spalis|spal", "lapkričio|lapkritis|lapkr", "gruodžio|gruodis|gruod"]),
    ("pl", ["stycznia|styczeń|sty", "lutego|luty|lut", "marca|marzec|mar", "kwietnia|kwiecień|kwi", "maja|maj", "czerwca|czerwiec|cze", "lipca|lipiec|lip", "sierpnia|sierpień|sie", "września|wrzesień|wrz", "października|październik|paź", "listopada|listopad|lis", "grudnia|grudzień|gru"]),
    ("cs", ["ledna|leden|led", "února|únor|úno", "března|březen|bře", "dubna|duben|dub", "května|květen|kvě", "června|červen|čvn|čen", "července|červenec|čvc|čec", "srpna|srpen|srp", "září|zář", "října|říjen|říj", "listopadu|listopad|lis", "prosince|prosinec|pro"]),
    ("sk", ["januára|január|jan", "februára|február|feb", "marca|marec|mar", "apríla|apríl|apr", "mája|máj", "júna|jún", "júla|júl", "augusta|august|aug", "septembra|september|sep", "októbra|október|okt", "novembra|november|nov", "decembra|december|dec"]),
    ("sl", ["januarja|januar", "februarja|februar", "marca|marec", "aprila|april", "maja|maj", "junija|junij", "julija|julij", "avgusta|avgust", "septembra|september", "oktobra|oktober", "novembra|november", "decembra|december"]),
    ("hr", ["siječnja|siječanj", "veljače|veljača", "ožujka|ožujak", "travnja|travanj", "svibnja|svibanj", "lipnja|lipanj", "srpnja|srpanj", "kolovoza|kolovoz", "rujna|rujan", "listopada|listopad", "studenoga|studenog|studeni", "prosinca|prosinac"]),
    ("sr", ["јануара|јануар|januara|januar|јан", "фебруара|фебруар|februara|februar|феб", "марта|март|marta|mart|мар", "априла|април|aprila|april|апр", "маја|мај|maja|maj", "јуна|јун|juna|jun", "јула|јул|jula|jul", "августа|август|avgusta|avgust|авг", "септембра|септембар|septembra|septembar|сеп", "октобра|октобар|oktobra|oktobar|окт", "новембра|новембар|novembra|novembar|нов", "децембра|децембар|decembra|decembar|дец"]),
    ("hu", ["január|jan", "február|febr|feb", "március|márc", "április|ápr", "május|máj", "június|jún", "július|júl", "augusztus|aug", "szeptember|szept", "október|okt", "november|nov", "december|dec"]),
    ("ro", ["ianuarie|ian", "februarie|feb", "martie|mar", "aprilie|apr", "mai", "iunie|iun", "iulie|iul", "august|aug", "septembrie|sept", "octombrie|oct", "noiembrie|noi", "decembrie|dec"]),
    ("tr", ["ocak|oca", "şubat|şub", "mart|mar", "nisan|nis", "mayıs|may", "haziran|haz", "temmuz|tem", "ağustos|ağu", "eylül|eyl", "ekim|eki", "kasım|kas", "aralık|ara"]),
    ("ca", ["gener|gen", "febrer|febr", "març", "abril|abr", "maig", "juny", "juliol|jul", "agost|ag", "setembre|set", "octubre|oct", "novembre|nov", "desembre|des"]),
    ("ru", ["января|январь|янв", "февраля|февраль|фев|февр", "марта|март|мар", "апреля|апрель|апр", "мая|май", "июня|июнь|июн", "июля|июль|июл", "августа|август|авг", "сентября|сентябрь|сен|сент", "октября|октябрь|окт", "ноября|ноябрь|ноя|нояб", "декабря|декабрь|дек"]),
    ("uk", ["січня|січень|січ", "лютого|лютий|лют", "березня|березень|бер", "квітня|квітень|кві|квіт", "травня|травень|тра|трав", "червня|червень|чер|черв", "липня|липень|лип", "серпня|серпень|сер|серп", "вересня|вересень|вер", "жовтня|жовтень|жов|жовт", "листопада|листопад|лис|лист", "грудня|грудень|гру|груд"]),
    ("be", ["студзеня|студзень|сту", "лютага|люты|лют", "сакавіка|сакавік|сак", "красавіка|красавік|кра", "мая|май|траўня|травень", "чэрвеня|чэрвень|чэр", "ліпеня|ліпень|ліп", "жніўня|жнівень|жні", "верасня|верасень|вер", "кастрычніка|кастрычнік|кас", "лістапада|лістапад|ліс", "снежня|снежань|сне"]),
    ("bg", ["януари|ян|яну", "февруари|февр|фев", "март", "април|апр", "май", "юни", "юли", "август|авг", "септември|септ|сеп", "октомври|окт", "ноември|ноем|ное", "декември|дек"]),
    ("el", ["ιανουαρίου|ιανουάριος|ιαν", "φεβρουαρίου|φεβρουάριος|φεβ", "μαρτίου|μάρτιος|μαρ", "απριλίου|απρίλιος|απρ", "μαΐου|μάιος|μαΐ", "ιουνίου|ιούνιος|ιουν", "ιουλίου|ιούλιος|ιουλ", "αυγούστου|αύγουστος|αυγ", "σεπτεμβρίου|σεπτέμβριος|σεπ", "οκτωβρίου|οκτώβριος|οκτ", "νοεμβρίου|νοέμβριος|νοε", "δεκεμβρίου|δεκέμβριος|δεκ"]),
    ("id", ["januari|jan", "februari|feb", "maret|mar", "april|apr", "mei", "juni|jun", "juli|jul", "agustus|agu|agt", "september|sep", "oktober|okt", "november|nov|nopember", "desember|des"]),
    ("kk", ["қаңтар", "ақпан", "наурыз", "сәуір", "мамыр", "маусым", "шілде", "тамыз", "қыркүйек", "қазан", "қараша", "желтоқсан"]),
    ("az", ["yanvar", "fevral", "mart", "aprel", "may", "iyun", "iyul", "avqust", "sentyabr", "oktyabr", "noyabr", "dekabr"]),
    ("ar", ["يناير|جانفي|كانون الثاني", "فبراير|فيفري|شباط", "مارس|آذار", "أبريل|أفريل|إبريل|نيسان", "مايو|ماي|أيار", "يونيو|جوان|حزيران", "يوليو|جويلية|تموز", "أغسطس|أوت|آب", "سبتمبر|أيلول", "أكتوبر|تشرين الأول", "نوفمبر|تشرين الثاني", "ديسمبر|كانون الأول"]),
    ("he", ["בינואר|ינואר", "בפברואר|פברואר", "במרץ|מרץ|במרס", "באפריל|אפריל", "במאי|מאי", "ביוני|יוני", "ביולי|יולי", "באוגוסט|אוגוסט", "בספטמבר|ספטמבר", "באוקטובר|אוקטובר", "בנובמבר|נובמבר", "בדצמבר|דצמבר"]),
    ("hi", ["जनवरी", "फरवरी|फ़रवरी", "मार्च", "अप्रैल", "मई", "जून", "जुलाई", "अगस्त", "सितंबर|सितम्बर", "अक्टूबर|अक्तूबर", "नवंबर|नवम्बर", "दिसंबर|दिसम्बर"]),
    ("bn", ["জানুয়ারি|জানুয়ারী", "ফেব্রুয়ারি|ফেব্রুয়ারী", "মার্চ", "এপ্রিল", "মে", "জুন", "জুলাই", "আগস্ট|অগাস্ট", "সেপ্টেম্বর", "অক্টোবর", "নভেম্বর", "ডিসেম্বর"]),
];

/// Month by name in any language; 0 where languages disagree.
static ANY: LazyLock<HashMap<&'static str, i8>> = LazyLock::new(|| {
    let mut any: HashMap<&'static str, i8> = HashMap::new();
    for (_, months) in MONTHS {
        for (forms, number) in months.iter().zip(1..) {
            for form in forms.split('|') {
                any.entry(form)
                    .and_modify(|known| {
                        if *known != number {
                            *known = 0;
                        }
                    })
                    .or_insert(number);
            }
        }
    }
    any
});

/// The month, 1 to 12, that a word names in the language, or in any where none is given and they agree.
#[must_use]
pub fn month(word: &str, language: Option<&str>) -> Option<i8> {
    let word = word.trim_end_matches('.').to_lowercase();
    let primary = language.map(|tag| tag.split(['-', '_']).next().unwrap_or(tag).to_lowercase());
    let named = MONTHS.iter().find(|(tag, _)| primary.as_deref() == Some(tag)).and_then(|(_, months)| {
        months.iter().zip(1..).find(|(forms, _)| forms.split('|').any(|form| form == word)).map(|(_, number)| number)
    });
    named.or_else(|| ANY.get(word.as_str()).copied().filter(|number| *number != 0))
}

/// Whether month names of this language are known.
#[must_use]
pub fn knows(language: &str) -> bool {
    let primary = language.split(['-', '_']).next().unwrap_or(language).to_lowercase();
    MONTHS.iter().any(|(tag, _)| *tag == primary)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_known_in_genitive_and_short() {
        let rows = [
            ("июня", 6),
            ("Июнь", 6),
            ("червня", 6),
            ("чэрвеня", 6),
            ("sept.", 9),
            ("März", 3),
            ("août", 8),
            ("stycznia", 1),
            ("mayo", 5),
        ];
        for (word, wanted) in rows {
            assert_eq!(month(word, None), Some(wanted), "{word}");
        }
        assert_eq!(month("monday", None), None);
    }

    #[test]
    fn a_name_that_languages_disagree_on_needs_the_language() {
        assert_eq!(month("listopada", None), None);
        assert_eq!(month("listopada", Some("pl")), Some(11));
        assert_eq!(month("listopada", Some("hr-HR")), Some(10));
    }
}
