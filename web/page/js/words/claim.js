/** Claiming a device, and coming in. */
export const claim = {
  es: {
    "claim.title": "Añadir un dispositivo",
    "claim.read_only": "Solo puedes mirar",
    "claim.read_only.why": "Para añadir dispositivos pide a quien administra la casa que te dé permiso.",

    "claim.qr": "Con su código QR",
    "claim.qr.where": "Está en el aparato, en su caja o en su manual.",
    "claim.camera.open": "Escanear con la cámara",
    "claim.camera.close": "Cerrar la cámara",
    "claim.camera.aim": "Enfoca el código QR hasta que llene el cuadro.",
    "claim.camera.view": "Lo que ve la cámara",
    "claim.camera.torch": "Luz",
    "claim.camera.insecure":
      "La cámara solo funciona con una conexión segura (https). Hazle una foto al código y elígela aquí, o escribe su número.",
    "claim.camera.denied":
      "El navegador no deja usar la cámara. Dale permiso en los ajustes de esta página, o elige una foto del código.",
    "claim.camera.none": "No se encuentra ninguna cámara. Elige una foto del código, o escribe su número.",
    "claim.camera.busy": "Otra aplicación está usando la cámara. Ciérrala y vuelve a intentarlo.",
    "claim.camera.broken":
      "No se ha podido leer con la cámara. Vuelve a cargar la página, o elige una foto del código.",
    "claim.picture": "Elegir una foto",
    "claim.picture.none": "No se ve ningún código QR en esa foto. Prueba con otra más cercana y nítida.",
    "claim.picture.unreadable": "Eso no es una foto que este navegador sepa abrir.",
    "claim.problem.foreign": "Este código no es de un dispositivo. Busca el que está en el propio aparato.",
    "claim.problem.pairing":
      "Este código es para entrar en la casa, no de un dispositivo. Ábrelo con la cámara del móvil que quiera entrar.",

    "claim.heard": "Se anuncian en casa",
    "claim.heard.none": "Ahora no se anuncia ninguno. Enciende el aparato cerca y aparecerá aquí.",
    "claim.heard.seen": "oído {ago}",
    "claim.heard.gone": "sin conexión desde {ago}",

    "claim.type": "Escribiendo su número",
    "claim.serial": "Número de serie",
    "claim.serial.hint": "Como está en la etiqueta, p. ej. LGT0A1B2C3D4.",
    "claim.continue": "Continuar",

    "claim.unheard": "Aún no se anuncia en esta casa; puedes añadirlo ya y se espera a que lo haga.",
    "claim.name": "Nombre",
    "claim.room": "Habitación",
    "claim.room.none": "Ninguna",
    "claim.room.new": "Otra nueva…",
    "claim.room.name": "Nombre de la habitación nueva",
    "claim.code": "Código del aparato",
    "claim.code.hint": "Viene con el QR. Si el aparato no tiene ninguno, déjalo vacío.",
    "claim.scan": "Prefiero escanear su QR",
    "claim.add": "Añadir a la casa",
    "claim.needs_code":
      "Este aparato pide su código. Escanea su QR, o escribe el código que está junto a él.",
    "claim.wrong_code":
      "El código no es el de este aparato. Compruébalo en su etiqueta. Tras cinco intentos fallidos hay que esperar 15 minutos, también con el bueno.",
    "claim.closed":
      "Este aparato solo se puede añadir recién encendido. Apágalo, enciéndelo y vuelve a intentarlo.",

    "claim.waiting": "Esperando a que se anuncie",
    "claim.waiting.how":
      "{name} aún no ha dado señales de vida. Enciéndelo y conéctalo a la red de casa: se añadirá solo en cuanto se oiga. Deja esta página abierta.",
    "claim.taken": "Ya está en la casa",
    "claim.taken.how": "{name} ya lo ha añadido alguien.",
    "claim.open": "Ver el dispositivo",
    "claim.done": "{name} ya está en la casa",
    "claim.done.room":
      "No se ha podido poner en su habitación; puedes hacerlo en los ajustes del dispositivo. {why}",
    "claim.another": "Añadir otro",

    "sign_in.title": "Entrar en la casa",
    "sign_in.enter": "Entrar en la casa",
    "sign_in.code": "Código de un solo uso",
    "sign_in.code.where": "Te lo da quien administra la casa, en el apartado Casa. Vale 10 minutos.",
    "sign_in.code.console": "¿Eres tú? En el ordenador del servidor:",
    "sign_in.you": "TU_NOMBRE",
    "sign_in.came_by_link": "El enlace que has abierto trae un código para entrar.",
    "sign_in.wrong_code":
      "El código no vale o ha caducado. Pide otro: cada uno vale una vez, durante 10 minutos.",
    "sign_in.by_code": "Entrar con un código",
    "sign_in.by_password": "Entrar con nombre y clave",
    "sign_in.name": "Nombre",
    "sign_in.password": "Clave",
    "sign_in.password.where": "Si no tienes ninguna, entra con un código.",
    "sign_in.wrong_password": "El nombre o la clave no es correcto.",
    "sign_in.too_many": "Demasiados intentos fallidos. Espera {wait} y vuelve a probar.",
    "sign_in.inside": "Ya estás dentro",
    "sign_in.inside.as":
      "Has abierto un enlace con un código para entrar, y ya estás en la casa como {name}.",
    "sign_in.inside.open":
      "Has abierto un enlace con un código para entrar, pero en esta casa se entra sin él. Con el código entras con tu nombre.",
    "sign_in.use": "Usar el código",
    "sign_in.ignore": "Seguir como estoy",
  },
  en: {
    "claim.title": "Add a device",
    "claim.read_only": "You may only look",
    "claim.read_only.why": "To add devices, ask whoever manages the house for permission.",

    "claim.qr": "By its QR code",
    "claim.qr.where": "It is on the device, on its box or in its manual.",
    "claim.camera.open": "Scan with the camera",
    "claim.camera.close": "Close the camera",
    "claim.camera.aim": "Point at the QR code until it fills the frame.",
    "claim.camera.view": "What the camera sees",
    "claim.camera.torch": "Light",
    "claim.camera.insecure":
      "The camera works over a secure connection (https) only. Take a picture of the code and choose it here, or type its number.",
    "claim.camera.denied":
      "The browser does not allow the camera. Permit it in this page's settings, or choose a picture of the code.",
    "claim.camera.none": "No camera was found. Choose a picture of the code, or type its number.",
    "claim.camera.busy": "Another app is using the camera. Close it and try again.",
    "claim.camera.broken": "The camera could not be read. Reload the page, or choose a picture of the code.",
    "claim.picture": "Choose a picture",
    "claim.picture.none": "There is no QR code to be seen in that picture. Try a closer, sharper one.",
    "claim.picture.unreadable": "That is no picture that this browser can open.",
    "claim.problem.foreign": "This code is not a device's. Look for the one on the device itself.",
    "claim.problem.pairing":
      "This code is for coming into the house, not a device's. Open it with the camera of the phone that is to come in.",

    "claim.heard": "Announcing themselves",
    "claim.heard.none": "None at the moment. Switch the device on nearby and it will appear here.",
    "claim.heard.seen": "heard {ago}",
    "claim.heard.gone": "no connection since {ago}",

    "claim.type": "By its number",
    "claim.serial": "Serial number",
    "claim.serial.hint": "As on the label, e.g. LGT0A1B2C3D4.",
    "claim.continue": "Continue",

    "claim.unheard": "It has not announced itself in this house yet; add it now and the house waits for it.",
    "claim.name": "Name",
    "claim.room": "Room",
    "claim.room.none": "None",
    "claim.room.new": "A new one…",
    "claim.room.name": "Name of the new room",
    "claim.code": "The device's code",
    "claim.code.hint": "It comes with the QR. If the device has none, leave it empty.",
    "claim.scan": "I would rather scan its QR",
    "claim.add": "Add to the house",
    "claim.needs_code": "This device asks for its code. Scan its QR, or type the code that stands beside it.",
    "claim.wrong_code":
      "That is not this device's code. Check it on the label. After five wrong ones it takes a wait of 15 minutes, for the right one too.",
    "claim.closed":
      "This device can only be added right after it is switched on. Switch it off and on, and try again.",

    "claim.waiting": "Waiting for it to announce itself",
    "claim.waiting.how":
      "{name} has given no sign of life yet. Switch it on and connect it to the house's network: it is added as soon as it is heard. Leave this page open.",
    "claim.taken": "Already in the house",
    "claim.taken.how": "Somebody has already added {name}.",
    "claim.open": "See the device",
    "claim.done": "{name} is now in the house",
    "claim.done.room": "It could not be put in its room; you can do that in the device's settings. {why}",
    "claim.another": "Add another",

    "sign_in.title": "Come into the house",
    "sign_in.enter": "Come in",
    "sign_in.code": "One-time code",
    "sign_in.code.where": "Whoever manages the house makes it, under Home. It is good for 10 minutes.",
    "sign_in.code.console": "Is that you? On the server's computer:",
    "sign_in.you": "YOUR_NAME",
    "sign_in.came_by_link": "The link that you have opened brings a code to come in with.",
    "sign_in.wrong_code":
      "The code is wrong or has expired. Ask for another: each is good once, for 10 minutes.",
    "sign_in.by_code": "Come in with a code",
    "sign_in.by_password": "Come in with name and password",
    "sign_in.name": "Name",
    "sign_in.password": "Password",
    "sign_in.password.where": "If you have none, come in with a code.",
    "sign_in.wrong_password": "The name or the password is wrong.",
    "sign_in.too_many": "Too many failed attempts. Wait {wait} and try again.",
    "sign_in.inside": "You are already inside",
    "sign_in.inside.as":
      "You have opened a link with a code to come in, and are already in the house as {name}.",
    "sign_in.inside.open":
      "You have opened a link with a code to come in, but this house needs none. With the code you come in under your name.",
    "sign_in.use": "Use the code",
    "sign_in.ignore": "Stay as I am",
  },
};
