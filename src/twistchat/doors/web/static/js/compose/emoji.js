/**
 * Common emoji. Of each: the emoji, its name in CLDR (https://cldr.unicode.org, English short names, with `_` for spaces), and
 * names that people know it by.
 */
const TABLE = `
😀 grinning_face grinning;😃 grinning_face_with_big_eyes smiley;😄 grinning_face_with_smiling_eyes smile;
😁 beaming_face_with_smiling_eyes grin;😆 grinning_squinting_face laughing satisfied;😅 grinning_face_with_sweat sweat_smile;
🤣 rolling_on_the_floor_laughing rofl;😂 face_with_tears_of_joy joy;🙂 slightly_smiling_face;
🙃 upside-down_face upside_down_face;😉 winking_face wink;😊 smiling_face_with_smiling_eyes blush;
😇 smiling_face_with_halo innocent;🥰 smiling_face_with_hearts smiling_face_with_three_hearts;
😍 smiling_face_with_heart-eyes heart_eyes smiling_face_with_heart_eyes;🤩 star-struck star_struck;
😘 face_blowing_a_kiss kissing_heart;😗 kissing_face kissing;☺️ smiling_face relaxed;
😚 kissing_face_with_closed_eyes kissing_closed_eyes;😋 face_savoring_food yum;😛 face_with_tongue stuck_out_tongue;
😜 winking_face_with_tongue stuck_out_tongue_winking_eye;🤪 zany_face;
😝 squinting_face_with_tongue stuck_out_tongue_closed_eyes;🤗 smiling_face_with_open_hands hugs hugging_face;
🤭 face_with_hand_over_mouth hand_over_mouth;🤫 shushing_face;🤔 thinking_face thinking;🤐 zipper-mouth_face zipper_mouth_face;
🤨 face_with_raised_eyebrow raised_eyebrow;😐 neutral_face;😑 expressionless_face expressionless;😶 face_without_mouth no_mouth;
😏 smirking_face smirk;😒 unamused_face unamused;🙄 face_with_rolling_eyes roll_eyes;😬 grimacing_face grimacing;🤥 lying_face;
😌 relieved_face relieved;😔 pensive_face pensive;😪 sleepy_face sleepy;🤤 drooling_face;😴 sleeping_face sleeping;
😷 face_with_medical_mask mask;🤒 face_with_thermometer;🤕 face_with_head-bandage face_with_head_bandage;🤢 nauseated_face;
🤮 face_vomiting vomiting_face;🤧 sneezing_face;🥵 hot_face;🥶 cold_face;🥴 woozy_face;
😵 face_with_crossed-out_eyes dizzy_face knocked_out_face;🤯 exploding_head;🤠 cowboy_hat_face;🥳 partying_face;
😎 smiling_face_with_sunglasses sunglasses;🤓 nerd_face;🧐 face_with_monocle monocle_face;😕 confused_face confused;
😟 worried_face worried;🙁 slightly_frowning_face;😮 face_with_open_mouth open_mouth;😯 hushed_face hushed;
😲 astonished_face astonished;😳 flushed_face flushed;🥺 pleading_face;😦 frowning_face_with_open_mouth frowning;
😧 anguished_face anguished;😨 fearful_face fearful;😰 anxious_face_with_sweat cold_sweat;
😥 sad_but_relieved_face disappointed_relieved;😢 crying_face cry;😭 loudly_crying_face sob;😱 face_screaming_in_fear scream;
😖 confounded_face confounded;😣 persevering_face persevere;😞 disappointed_face disappointed;😓 downcast_face_with_sweat sweat;
😩 weary_face weary;😫 tired_face;🥱 yawning_face;😤 face_with_steam_from_nose triumph;😡 enraged_face rage pout;
😠 angry_face angry;🤬 face_with_symbols_on_mouth cursing_face;😈 smiling_face_with_horns smiling_imp;💀 skull;
💩 pile_of_poo poop shit;🤡 clown_face;👻 ghost;👽 alien;🤖 robot robot_face;😺 grinning_cat smiley_cat;
😹 cat_with_tears_of_joy joy_cat;😻 smiling_cat_with_heart-eyes heart_eyes_cat smiling_cat_with_heart_eyes;
😿 crying_cat crying_cat_face;🙈 see-no-evil_monkey see_no_evil see_no_evil_monkey;
🙉 hear-no-evil_monkey hear_no_evil hear_no_evil_monkey;🙊 speak-no-evil_monkey speak_no_evil speak_no_evil_monkey;
💋 kiss_mark kiss;💌 love_letter;💘 heart_with_arrow cupid;💝 heart_with_ribbon gift_heart;💖 sparkling_heart;
💗 growing_heart heartpulse;💓 beating_heart heartbeat;💞 revolving_hearts;💕 two_hearts;💔 broken_heart;❤️ red_heart heart;
🧡 orange_heart;💛 yellow_heart;💚 green_heart;💙 blue_heart;💜 purple_heart;🖤 black_heart;🤍 white_heart;🤎 brown_heart;
💯 hundred_points 100;💢 anger_symbol anger;💥 collision boom;💫 dizzy;💦 sweat_droplets sweat_drops;💨 dashing_away dash;💣 bomb;
💬 speech_balloon;💭 thought_balloon;💤 zzz;
👋 waving_hand wave;🤚 raised_back_of_hand;🖐️ hand_with_fingers_splayed raised_hand_with_fingers_splayed;✋ raised_hand hand;
🖖 vulcan_salute raised_hand_with_part_between_middle_and_ring_fingers;👌 ok_hand;🤏 pinching_hand;✌️ victory_hand v;
🤞 crossed_fingers;🤟 love-you_gesture love_you_gesture;🤘 sign_of_the_horns metal;🤙 call_me_hand;
👈 backhand_index_pointing_left point_left;👉 backhand_index_pointing_right point_right;
👆 backhand_index_pointing_up point_up_2;👇 backhand_index_pointing_down point_down;☝️ index_pointing_up point_up;
👍 thumbs_up +1 thumbsup;👎 thumbs_down _1 -1;✊ raised_fist fist fist_raised;👊 oncoming_fist punch facepunch;
👏 clapping_hands clap;🙌 raising_hands raised_hands;👐 open_hands;🤝 handshake;🙏 folded_hands pray;✍️ writing_hand;
💅 nail_polish nail_care;💪 flexed_biceps muscle;🧠 brain;👀 eyes;👁️ eye;👅 tongue;👄 mouth lips;
🙋 person_raising_hand raising_hand;🤦 person_facepalming facepalm;🤷 person_shrugging shrug;💃 woman_dancing dancer;
🕺 man_dancing;🧘 person_in_lotus_position lotus_position;👶 baby;🧙 mage;🦸 superhero;🕵️ detective sleuth_or_spy;
👩‍💻 woman_technologist;👨‍💻 man_technologist;🏃 person_running runner running;🚶 person_walking walking;
👫 woman_and_man_holding_hands couple;
🐵 monkey_face;🐶 dog_face dog;🐺 wolf;🦊 fox fox_face;🐱 cat_face cat;🦁 lion lion_face;🐯 tiger_face tiger;🐴 horse_face horse;
🦄 unicorn unicorn_face;🐮 cow_face cow;🐷 pig_face pig;🐭 mouse_face mouse;🐹 hamster;🐰 rabbit_face rabbit;🐻 bear;
🐼 panda panda_face;🐨 koala;🐔 chicken;🐧 penguin;🐦 bird;🦉 owl;🦆 duck;🐸 frog;🐢 turtle;🐍 snake;🐉 dragon;🐳 spouting_whale whale;
🐬 dolphin flipper;🐟 fish;🐙 octopus;🐌 snail;🦋 butterfly;🐛 bug;🐜 ant;🐝 honeybee bee;🐞 lady_beetle beetle;🕷️ spider;🦀 crab;
🦖 t-rex t_rex;
💐 bouquet;🌸 cherry_blossom;🌹 rose;🌻 sunflower;🌷 tulip;🌱 seedling;🌲 evergreen_tree;🌳 deciduous_tree;🌵 cactus;
🍀 four_leaf_clover;🍁 maple_leaf;🍂 fallen_leaf;🍄 mushroom;
🌍 globe_showing_europe-africa earth_africa globe_showing_europe_africa;🌙 crescent_moon;☀️ sun sunny;⭐ star;
🌟 glowing_star star2;☁️ cloud;⛅ sun_behind_cloud partly_sunny;🌈 rainbow;☔ umbrella_with_rain_drops umbrella;
⚡ high_voltage zap;❄️ snowflake;⛄ snowman_without_snow snowman;🔥 fire;💧 droplet;🌊 water_wave ocean;
🍇 grapes;🍉 watermelon;🍊 tangerine orange mandarin;🍋 lemon;🍌 banana;🍍 pineapple;🍎 red_apple apple;🍐 pear;🍑 peach;🍒 cherries;
🍓 strawberry;🥝 kiwi_fruit;🍅 tomato;🥑 avocado;🥕 carrot;🌽 ear_of_corn corn;🌶️ hot_pepper;🥐 croissant;🍞 bread;
🧀 cheese_wedge cheese;🍔 hamburger;🍟 french_fries fries;🍕 pizza;🌭 hot_dog hotdog;🌮 taco;🥚 egg egg2;🍳 cooking egg fried_egg;
🥗 green_salad;🍿 popcorn;🍜 steaming_bowl ramen;🍣 sushi;🍦 soft_ice_cream icecream;🍩 doughnut;🍪 cookie;🎂 birthday_cake birthday;
🍰 shortcake cake;🍫 chocolate_bar;🍬 candy;🍯 honey_pot;☕ hot_beverage coffee;🍵 teacup_without_handle tea;🍷 wine_glass;
🍸 cocktail_glass cocktail;🍺 beer_mug beer;🍻 clinking_beer_mugs beers;🥂 clinking_glasses;
🎃 jack-o-lantern jack_o_lantern;🎄 christmas_tree;🎆 fireworks;✨ sparkles;🎈 balloon;🎉 party_popper tada;🎊 confetti_ball;
🎁 wrapped_gift gift;🏆 trophy;🥇 1st_place_medal;🥈 2nd_place_medal;🥉 3rd_place_medal;⚽ soccer_ball soccer;🏀 basketball;
🎾 tennis;🎯 bullseye dart;🎮 video_game;🎲 game_die;🧩 puzzle_piece jigsaw;🎨 artist_palette art;🎵 musical_note;
🎶 musical_notes notes;🎤 microphone;🎧 headphone headphones;🎸 guitar;🎹 musical_keyboard;🎬 clapper_board clapper;
🚗 automobile car red_car;🚕 taxi;🚌 bus;🚑 ambulance;🚒 fire_engine;🚲 bicycle bike;🚂 locomotive steam_locomotive;✈️ airplane;
🚀 rocket;⛵ sailboat boat;🚢 ship;⚓ anchor;🚧 construction;🏠 house;🏢 office_building office;
🏖️ beach_with_umbrella beach_umbrella;🏕️ camping;⛰️ mountain;🌋 volcano;🗽 statue_of_liberty;
⌚ watch;📱 mobile_phone iphone;💻 laptop computer;⌨️ keyboard;🖥️ desktop_computer;🖨️ printer;💾 floppy_disk;📷 camera;
📺 television tv;☎️ telephone phone;🔋 battery;🔌 electric_plug;💡 light_bulb bulb;🔦 flashlight;📖 open_book book;📚 books;
📝 memo pencil;📅 calendar date;📈 chart_increasing chart_with_upwards_trend;📉 chart_decreasing chart_with_downwards_trend;
📊 bar_chart;📋 clipboard;📌 pushpin;📎 paperclip;✂️ scissors;🔒 locked lock;🔓 unlocked unlock;🔑 key;🔨 hammer;🔧 wrench;⚙️ gear;
🧪 test_tube;🔬 microscope;🔭 telescope;💊 pill;🚪 door;🛒 shopping_cart;🗑️ wastebasket;📦 package;✉️ envelope;
📧 e-mail email e_mail;💰 money_bag moneybag;💵 dollar_banknote dollar;⏰ alarm_clock;
⏳ hourglass_not_done hourglass_flowing_sand;🔔 bell;🔍 magnifying_glass_tilted_left mag;📢 loudspeaker;
✅ check_mark_button white_check_mark;✔️ check_mark heavy_check_mark;❌ cross_mark x;❓ red_question_mark question;
❗ red_exclamation_mark exclamation heavy_exclamation_mark;➕ plus heavy_plus_sign;➖ minus heavy_minus_sign;
♻️ recycling_symbol recycle;⚠️ warning;🚫 prohibited no_entry_sign;⛔ no_entry;🔴 red_circle;🟠 orange_circle;🟡 yellow_circle;
🟢 green_circle;🔵 blue_circle large_blue_circle;🟣 purple_circle;⬆️ up_arrow arrow_up;⬇️ down_arrow arrow_down;
⬅️ left_arrow arrow_left;➡️ right_arrow arrow_right;🔄 counterclockwise_arrows_button arrows_counterclockwise;🔝 top_arrow top;
🆗 ok_button ok;🆕 new_button new;🏁 chequered_flag checkered_flag;🚩 triangular_flag triangular_flag_on_post;🏳️‍🌈 rainbow_flag;
`;

/** @type {{emoji: string, names: string[]}[]} */
export const EMOJI = TABLE.split(/[;\n]/).filter(Boolean).map((item) => {
  const [emoji, ...names] = item.split(' ');
  return { emoji, names };
});

/** Those that are offered first as reactions. */
export const OFTEN = ['👍', '❤️', '😂', '🎉', '😮', '😢', '🙏', '👀', '✅', '👎'];

/** Return the emoji whose names begin with a text, or have a word that does; those that it names best first. */
export function findEmoji(text, most) {
  const wanted = text.toLowerCase().replace(/ /g, '_');
  const rank = (name) => (name === wanted ? 0 : name.startsWith(wanted) ? 1 : name.includes(`_${wanted}`) ? 2 : 9);
  return EMOJI.map((one) => ({ ...one, best: one.names.toSorted((a, b) => rank(a) - rank(b))[0] }))
    .map((one) => ({ emoji: one.emoji, name: one.best, rank: rank(one.best) }))
    .filter((one) => one.rank < 9)
    .sort((one, other) => one.rank - other.rank || one.name.length - other.name.length)
    .slice(0, most);
}

/** Return the emoji with a name, or undefined. */
export function emojiNamed(name) {
  return EMOJI.find(({ names }) => names.includes(name))?.emoji;
}
