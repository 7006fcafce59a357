# Chat.
rail-chat = Chat
chat-room = Raum-Chat
chat-room-about = Alle im Raum lesen mit, der Server auch
chat-room-read-by = Was hier steht, lesen alle im Raum, und der Server bewahrt es auf. Wer allein sein will, schreibt einer Person.
chat-room-empty = Noch hat niemand geschrieben
chat-empty = Noch hat niemand geschrieben. Schreiben Sie unten das Erste.
chat-off = Diese Klasse hat keinen Raum-Chat.
chat-quiet = Es ist Ruhe: Nur die Lehrkraft schreibt.
chat-write = An den Raum schreiben
chat-write-slow = An den Raum schreiben. Die Lehrkraft hat den Chat verlangsamt.
chat-send = Senden
chat-save = Sichern
chat-search = Personen und Nachrichten suchen
chat-search-end = Suche beenden
chat-found = { $n ->
    [0] Zu „{ $words }“ wurde nichts gefunden.
    [one] Eine Nachricht mit „{ $words }“
   *[other] { $n } Nachrichten mit „{ $words }“
}
chat-found-many = Die neuesten { $n } Nachrichten mit „{ $words }“
chat-older = Ältere Nachrichten zeigen
chat-today = Heute
chat-edited = bearbeitet
chat-waits = Wird gesendet
chat-taken = Diese Nachricht wurde entfernt.
chat-taken-moderator = Die Lehrkraft hat diese Nachricht entfernt.
chat-quoted-gone = Eine Nachricht, die nicht mehr da ist
chat-reply = Antworten
chat-edit = Bearbeiten
chat-copy = Kopieren
chat-delete = Entfernen
chat-replies = An { $name }:
chat-edits = Ihre Nachricht:
chat-thumbs-up = Daumen hoch
chat-heart = Herz
chat-laugh = Lachen
chat-party = Feiern
chat-surprised = Erstaunt
chat-question = Frage
chat-details-show = Über diesen Chat
chat-details-hide = Angaben über diesen Chat ausblenden
chat-keys = Auf einer Nachricht: R antwortet, E bearbeitet, Entf entfernt, 1 bis 6 reagieren, Enter öffnet das Menü. Im Feld: Pfeil hoch bearbeitet Ihre letzte Nachricht, Umschalt+Enter beginnt eine Zeile, drei Backticks auf einer Zeile beginnen und beenden Code.
chat-slow = Chat verlangsamen
chat-slow-about = Kürzeste Zeit zwischen zwei Nachrichten aller außer Lehrkräften
chat-slow-off = Nicht verlangsamt
chat-slow-s = { $s } Sekunden
chat-toast = { $name } schrieb: { $text }
chat-error-not-allowed = Nur wer eine Nachricht geschrieben hat, ändert sie, und nur wer sie geschrieben hat oder eine Lehrkraft entfernt sie.
chat-error-length = Eine Nachricht hat 1 bis { $max } Bytes, die man sieht. Schicken Sie stattdessen eine Datei.
chat-error-too-fast = Das war zu viel auf einmal. Versuchen Sie es in { $s ->
    [one] einer Sekunde
   *[other] { $s } Sekunden
} noch einmal.
chat-error-slow = Die Lehrkraft hat den Chat verlangsamt. Schreiben Sie in { $s ->
    [one] einer Sekunde
   *[other] { $s } Sekunden
} wieder.
chat-error-gone = Diese Nachricht ist nicht mehr da.
chat-error-not-kept = Der Server kann gerade keine Nachrichten aufbewahren, und niemand hat Ihre gesehen: Vielleicht ist seine Platte voll. Sagen Sie es der Lehrkraft und versuchen Sie es noch einmal.
chat-error-not-connected = Die Verbindung zur Klasse ist verloren. Versuchen Sie es noch einmal, wenn sie wieder da ist.
