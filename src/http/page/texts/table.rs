//! The texts of the pages in each language. `{name}` and its like are filled in by the scripts.

use serde::Serialize;

/// Makes the table: each text has a name, and stands in English and in Turkish.
macro_rules! texts {
    ($($name:ident: $english:literal, $turkish:literal;)+) => {
        /// The texts in one language, by name.
        #[derive(Serialize)]
        pub(in crate::http::page) struct Texts {
            $(pub(in crate::http::page) $name: &'static str,)+
        }

        pub(super) const ENGLISH: Texts = Texts { $($name: $english,)+ };
        pub(super) const TURKISH: Texts = Texts { $($name: $turkish,)+ };
    };
}

texts! {
    // All pages
    room: "Room", "Oda";
    language: "Language", "Dil";
    no_such_room: "No such room", "Böyle bir oda yok";
    no_such_room_heading: "There is no such room", "Böyle bir oda bulunamadı";
    no_such_room_advice:
        "The link may be incomplete, or the room was deleted. Ask the person who sent it for a new one.",
        "Bağlantı eksik olabilir ya da oda silinmiş olabilir. Bağlantıyı gönderen kişiden yenisini isteyin.";
    needs_scripts:
        "Meetings need JavaScript, which is switched off in this browser.",
        "Toplantılar için JavaScript gerekir; bu tarayıcıda kapalı.";
    loading_hint:
        "If nothing happens, this browser is too old for meetings.",
        "Hiçbir şey olmuyorsa bu tarayıcı toplantılar için çok eski.";

    // Before the meeting
    join_heading: "Join the meeting", "Toplantıya katılın";
    your_name: "Your name", "Adınız";
    camera: "Camera", "Kamera";
    microphone: "Microphone", "Mikrofon";
    camera_and_microphone: "Camera and microphone", "Kamera ve mikrofon";
    microphone_level: "Sound of your microphone", "Mikrofonunuzun sesi";
    no_device: "None", "Yok";
    preview: "Your picture", "Görüntünüz";
    camera_off: "Your camera is off", "Kameranız kapalı";
    join: "Join", "Katıl";
    insecure:
        "This page came over an unencrypted connection (http). Browsers give camera and microphone only to pages that come over https, or from this computer itself (localhost). You can join without them, to see, hear and write.",
        "Bu sayfa şifrelenmemiş bir bağlantıyla (http) geldi. Tarayıcılar kamera ve mikrofonu yalnızca https ile gelen ya da bu bilgisayarın kendisinden (localhost) gelen sayfalara verir. Onlar olmadan da katılıp görebilir, duyabilir ve yazabilirsiniz.";
    device_refused:
        "{device}: this browser has not given permission. You can change that in the settings of the page, beside its address.",
        "{device}: tarayıcı izin vermedi. Bunu adres çubuğunun yanındaki sayfa ayarlarından değiştirebilirsiniz.";
    device_missing: "{device}: no device was found.", "{device}: aygıt bulunamadı.";
    device_busy:
        "{device}: the device does not answer. Another program may be using it.",
        "{device}: aygıt yanıt vermiyor. Başka bir program kullanıyor olabilir.";
    join_without: "You can join without it.", "Bu olmadan da katılabilirsiniz.";
    name_missing: "Please enter your name.", "Lütfen adınızı yazın.";
    name_wrong:
        "This name cannot be used: it must be one line of at most 100 visible characters.",
        "Bu ad kullanılamaz: tek satır ve en fazla 100 görünür karakter olmalı.";
    host_link_wrong:
        "This host link is no longer valid. Ask for a new one, or join as a guest by pressing the button again.",
        "Bu yönetici bağlantısı artık geçerli değil. Yenisini isteyin ya da düğmeye yeniden basıp konuk olarak katılın.";
    too_often:
        "There were too many attempts from here. Please wait a minute.",
        "Buradan çok fazla deneme yapıldı. Lütfen bir dakika bekleyin.";
    people_of_network:
        "Too many people of this network are in meetings now. Please try again later.",
        "Bu ağdan şu anda çok fazla kişi toplantıda. Lütfen daha sonra yeniden deneyin.";
    foreign_page:
        "The address of this page is not the one that the server expects. Please tell whoever runs the server.",
        "Bu sayfanın adresi sunucunun beklediği adres değil. Lütfen sunucuyu işleten kişiye bildirin.";
    meeting_server_failed:
        "The meeting server does not answer. Please try again.",
        "Toplantı sunucusu yanıt vermiyor. Lütfen yeniden deneyin.";
    meeting_server_refused:
        "The meeting server did not let you in. Please try again.",
        "Toplantı sunucusu sizi içeri almadı. Lütfen yeniden deneyin.";
    opening: "Opening the meeting…", "Toplantı açılıyor…";
    onward: "Go to the meeting", "Toplantıya git";
    server_full:
        "The server has no place for more meetings now. Please try again later.",
        "Sunucuda şu anda başka toplantı için yer yok. Lütfen daha sonra yeniden deneyin.";
    no_answer:
        "The server does not answer. Please check your connection and try again.",
        "Sunucu yanıt vermiyor. Lütfen bağlantınızı denetleyip yeniden deneyin.";
    no_socket:
        "No connection to the meeting could be opened. Trying again …",
        "Toplantıyla bağlantı kurulamadı. Yeniden deneniyor …";
    join_failed:
        "Joining did not work. Please load this page again.",
        "Katılma başarısız oldu. Lütfen sayfayı yeniden yükleyin.";

    // Waiting
    waiting_for_host: "Waiting for the host", "Yönetici bekleniyor";
    waiting_for_approval: "Waiting to be let in", "İçeri alınmayı bekliyorsunuz";
    waiting_hint:
        "You do not have to do anything: this page goes on by itself.",
        "Bir şey yapmanız gerekmez: bu sayfa kendiliğinden devam eder.";
    leave_waiting: "Do not wait", "Beklemekten vazgeç";

    // In the meeting
    meeting_heading: "Meeting", "Toplantı";
    pictures: "Pictures of the people", "Kişilerin görüntüleri";
    controls: "Your controls", "Denetimleriniz";
    alone: "Nobody else is here yet.", "Henüz başka kimse yok.";
    you: "you", "siz";
    host: "host", "yönetici";
    screen: "Screen", "Ekran";
    screen_of: "Screen of {name}", "Ekran: {name}";
    screen_failed: "The screen could not be shared.", "Ekran paylaşılamadı.";
    hand: "Hand", "El";
    hand_raised: "Hand raised", "El kaldırdı";
    muted: "Microphone off", "Mikrofon kapalı";
    muted_by_host:
        "The host has switched your microphone off.",
        "Yönetici mikrofonunuzu kapattı.";
    reactions: "Reactions", "Tepkiler";
    reaction_good: "Thumbs up", "Beğendim";
    reaction_clap: "Applause", "Alkış";
    reaction_heart: "Heart", "Kalp";
    reaction_laugh: "Laughing", "Gülüyorum";
    reaction_wow: "Surprised", "Şaşırdım";
    reaction_party: "Hurray", "Yaşasın";
    devices: "Devices", "Aygıtlar";
    done: "Done", "Tamam";
    cancel: "Cancel", "Vazgeç";
    close: "Close", "Kapat";
    leave: "Leave", "Ayrıl";
    end: "End", "Bitir";
    end_question: "End the meeting?", "Toplantı bitirilsin mi?";
    end_explained:
        "All people leave the meeting. They can join again by the same link.",
        "Herkes toplantıdan çıkar. Aynı bağlantıyla yeniden katılabilirler.";
    end_confirm: "End for everybody", "Herkes için bitir";
    play_trouble:
        "This browser plays sound only after a click.",
        "Bu tarayıcı sesi ancak bir tıklamadan sonra çalar.";
    play: "Play sound", "Sesi çal";
    connection_lost:
        "The connection to the server is lost. Trying again …",
        "Sunucuyla bağlantı koptu. Yeniden deneniyor …";
    connection_back: "The connection is back.", "Bağlantı yeniden kuruldu.";
    person_reconnects: "connecting again …", "yeniden bağlanıyor …";
    no_way_to_person: "no connection to this person", "bu kişiyle bağlantı yok";
    person_joined: "{name} has joined.", "{name} katıldı.";
    person_left: "{name} has left.", "{name} ayrıldı.";
    person_raised_hand: "{name} raises a hand.", "{name} el kaldırdı.";
    error_rate_limited: "That was too fast. Please wait a moment.", "Çok hızlı oldu. Lütfen biraz bekleyin.";
    error_chat_off: "This message is not allowed in this room.", "Bu odada bu iletiye izin verilmiyor.";
    error_too_long: "This message is too long.", "Bu ileti çok uzun.";
    error_no_such_person: "This person has left.", "Bu kişi ayrılmış.";
    error_not_allowed: "This is not allowed in this room.", "Bu odada buna izin verilmiyor.";
    error_not_done: "That did not work. Please try again.", "Bu işlem yapılamadı. Lütfen yeniden deneyin.";
    error_media_off:
        "Guests send neither picture nor sound in this room.",
        "Bu odada konuklar görüntü ve ses gönderemez.";

    // People and hosts
    people: "People", "Kişiler";
    knocking: "People who wait", "Bekleyen kişiler";
    person_waits: "{name} wants to join.", "{name} katılmak istiyor.";
    admit: "Let in", "İçeri al";
    admit_person: "Let in {name}", "İçeri al: {name}";
    turn_away: "Turn away", "Geri çevir";
    turn_away_person: "Turn away {name}", "Geri çevir: {name}";
    mute: "Mute", "Sesini kapat";
    mute_person: "Mute {name}", "Sesini kapat: {name}";
    mute_all: "Mute all guests", "Tüm konukların sesini kapat";
    remove: "Remove", "Çıkar";
    remove_person: "Remove {name}", "Çıkar: {name}";

    // Chat
    chat: "Chat", "Sohbet";
    chat_empty: "No messages yet.", "Henüz ileti yok.";
    chat_to: "To", "Kime";
    chat_everybody: "Everybody", "Herkes";
    chat_to_one: "{name} only", "Yalnızca {name}";
    chat_private: "only for {name}", "yalnızca {name} için";
    chat_private_you: "only for you", "yalnızca sizin için";
    chat_text: "Message", "İleti";
    chat_send: "Send", "Gönder";
    chat_clear: "Clear", "Temizle";

    // Time and attendance
    time_left: "{time} left", "Kalan {time}";
    minutes_left: "Minutes left: {minutes}", "Kalan dakika: {minutes}";
    minutes: "Minutes", "Dakika";
    extend: "Extend", "Uzat";
    extend_heading: "Extend the meeting", "Toplantıyı uzatın";
    extended: "The meeting was extended.", "Toplantı uzatıldı.";
    attendance_question: "Are you still there?", "Hâlâ orada mısınız?";
    attendance_left: "Seconds to answer: {seconds}", "Yanıt için kalan saniye: {seconds}";
    attendance_answer: "I am here", "Buradayım";
    attendance_results: "Attendance (answered / asked)", "Yoklama (yanıt / soru)";
    attendance_done:
        "An attendance check has ended. The result is in the list of people.",
        "Bir yoklama bitti. Sonucu kişi listesinde.";

    // After the meeting
    left: "You have left the meeting", "Toplantıdan ayrıldınız";
    left_text: "You can close this page.", "Bu sayfayı kapatabilirsiniz.";
    ended: "The meeting has ended", "Toplantı sona erdi";
    ended_by_host: "The host has ended it.", "Yönetici toplantıyı bitirdi.";
    ended_by_time: "Its time is over.", "Toplantının süresi doldu.";
    ended_for_all: "It was ended for everybody.", "Herkes için bitirildi.";
    ended_by_room: "The room was deleted.", "Oda silindi.";
    full: "The meeting is full", "Toplantı dolu";
    full_text:
        "At most this many people can meet in this room: {count}. Try again when somebody has left.",
        "Bu odada en fazla şu kadar kişi buluşabilir: {count}. Birisi ayrılınca yeniden deneyin.";
    removed: "You were removed", "Toplantıdan çıkarıldınız";
    removed_text: "The host has removed you from the meeting.", "Yönetici sizi toplantıdan çıkardı.";
    turned_away: "You were not let in", "İçeri alınmadınız";
    turned_away_text: "The host has turned you away.", "Yönetici sizi geri çevirdi.";
    replaced: "The meeting goes on elsewhere", "Toplantı başka yerde sürüyor";
    replaced_text:
        "Another page of yours has taken your place in the meeting.",
        "Toplantıdaki yerinizi başka bir sayfanız aldı.";
    lost: "The connection was lost", "Bağlantı koptu";
    lost_text:
        "The server could not be reached for a minute. Check your network, then join again.",
        "Sunucuya bir dakika boyunca ulaşılamadı. Ağınızı denetleyip yeniden katılın.";
    unreachable: "No connection to the meeting", "Toplantıyla bağlantı yok";
    unreachable_text:
        "The server answers, but no connection to the meeting could be opened for a minute. Try again in another network, or tell whoever runs the server: a proxy in between may pass on no web sockets.",
        "Sunucu yanıt veriyor, ancak bir dakika boyunca toplantıyla bağlantı kurulamadı. Başka bir ağda yeniden deneyin ya da sunucuyu işleten kişiye bildirin: aradaki bir vekil sunucu (proxy) WebSocket bağlantılarını geçirmiyor olabilir.";
    unsupported: "This browser cannot take part", "Bu tarayıcıyla katılamazsınız";
    unsupported_text:
        "It lacks what meetings need (WebRTC). Open the link in a current Firefox, Chrome, Edge or Safari.",
        "Toplantılar için gereken WebRTC bu tarayıcıda yok. Bağlantıyı güncel bir Firefox, Chrome, Edge ya da Safari ile açın.";
    rating: "How was the meeting?", "Toplantı nasıldı?";
    stars: "Stars: {stars} of {most}", "Yıldız: {stars} / {most}";
    rating_thanks: "Thank you.", "Teşekkürler.";
    rating_failed: "The stars could not be stored.", "Yıldızlar kaydedilemedi.";
    go_on: "Go on", "Devam et";
    returning: "You are taken to {host}.", "{host} adresine yönlendiriliyorsunuz.";
    join_again: "Join again", "Yeniden katıl";
}
