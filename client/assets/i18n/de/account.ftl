# Konten.
error-account-wrong = Das Konto oder sein Passwort stimmt nicht. Versuchen Sie es noch einmal, oder bitten Sie eine Lehrkraft um ein neues Passwort.
error-account-session = Sie sind hier nicht mehr angemeldet. Melden Sie sich mit dem Passwort Ihres Kontos an.
error-account-no-registration = Dieser Server lässt Sie so kein Konto anlegen. Bitten Sie eine Lehrkraft, eins für Sie anzulegen.
error-account-taken = Ein Konto mit diesem Namen, oder einem, der so aussieht, gibt es schon. Wählen Sie einen anderen Namen.
error-account-characters = Der Name eines Kontos besteht aus Buchstaben, Ziffern, Leerzeichen und - _ . '. Wählen Sie einen anderen.
error-account-scripts = Die Buchstaben dieses Namens sind aus mehreren Schriften, von denen manche gleich aussehen. Nehmen Sie die von einer.
error-account-too-many = Der Server hat so viele Konten, wie er führt. Bitten Sie eine Lehrkraft, welche zu entfernen.
error-account-not-allowed = Der Server lässt Sie das mit Konten nicht tun. Fragen Sie eine Lehrkraft.
error-account-unavailable = Die Datenbank des Servers antwortet nicht oder ist voll, deshalb wurde nichts geändert. Versuchen Sie es noch einmal, und sagen Sie es dem, der den Server betreibt.
error-account-password-short = Das Passwort eines Kontos hat mindestens 8 Zeichen. Wählen Sie ein längeres.
error-account-password-long = Das Passwort ist länger als 256 Bytes. Wählen Sie ein kürzeres.
error-account-password-hash = Dieser Computer hat nicht genug Speicher, um das Passwort zu prüfen. Schließen Sie andere Programme, und versuchen Sie es noch einmal.
join-with-account = Mit meinem Konto
join-account-name = Konto
join-account-password = Passwort des Kontos
join-logged-in = Dieser Computer ist mit diesem Konto angemeldet: Es braucht kein Passwort.
join-missing-account-password = Beitreten geht, sobald das Passwort des Kontos da ist.
